internal import Bytes
internal import Crypto
internal import NIOSSL

/// The certificate that a client has shown, and that an authority of the server's vouches for.
package struct PeerCertificate: Sendable, Equatable {
  /// SHA-256 over the certificate (DER), in hexadecimal.
  package let fingerprint: String
  /// Its subject's alternative names that are names of hosts or URIs.
  package let names: [String]

  init?(_ certificate: NIOSSLCertificate) {
    guard let bytes = try? certificate.toDERBytes() else { return nil }
    fingerprint = Array(SHA256.hash(data: bytes)).hexadecimal
    names = certificate._subjectAlternativeNames().compactMap { name in
      guard name.nameType == .dnsName || name.nameType == .uri else { return nil }
      // Safe: the names live as long as the certificate, and the text is a copy.
      return unsafe name.contents.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
    }
  }
}
