internal import Glibc
internal import NIOSSL

/// What a side of a TLS connection shows of itself, as files in PEM.
public struct TLSCertificateFiles: Sendable, Hashable {
  /// The certificate, and behind it those that lead to its authority.
  public let certificate: String
  public let key: String

  public init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}

extension TLSCertificateFiles {
  func readChain() throws(TLSFault) -> [NIOSSLCertificateSource] {
    try certificates(certificate).map { .certificate($0) }
  }

  func readKey() throws(TLSFault) -> NIOSSLPrivateKeySource {
    .privateKey(try reading(key, "holds no private key in PEM") { try NIOSSLPrivateKey(file: key, format: .pem) })
  }
}

/// A file that TLS cannot do with.
public struct TLSFault: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

extension TLSConfiguration {
  /// Nothing older than TLS 1.3: both ends of every connection are ours or written for this protocol.
  mutating func narrow() {
    minimumTLSVersion = .tlsv13
    applicationProtocols = [gridwireProtocol]
  }

  mutating func trust(_ authority: String) throws(TLSFault) { trustRoots = .certificates(try certificates(authority)) }

  /// - Parameter files: named when certificate and key do not belong together.
  func context(_ files: TLSCertificateFiles?) throws(TLSFault) -> NIOSSLContext {
    do { return try NIOSSLContext(configuration: self) } catch {
      let names = files.map { "\($0.key) is not the key of \($0.certificate), or TLS cannot do with them" }
      throw TLSFault("\(names ?? "TLS cannot be set up"): \(error)")
    }
  }
}

/// What a handshake agrees upon (ALPN, RFC 7301), so that no other protocol's bytes are ever taken for ours.
let gridwireProtocol = "gridwire/1"

private func certificates(_ path: String) throws(TLSFault) -> [NIOSSLCertificate] {
  let chain = try reading(path, "holds no certificate in PEM") { try NIOSSLCertificate.fromPEMFile(path) }
  guard !chain.isEmpty else { throw TLSFault("\(path) holds no certificate in PEM") }
  return chain
}

private func reading<Content>(_ path: String, _ fault: String, _ body: () throws -> Content) throws(TLSFault) -> Content
{
  // Asked first, because the library does not say why it could not open a file.
  // Safe: the path is valid for the call, and the text is copied at once.
  guard unsafe access(path, R_OK) == 0 else {
    throw TLSFault("cannot read \(path): \(unsafe String(cString: strerror(errno)))")
  }
  do { return try body() } catch { throw TLSFault("\(path) \(fault)") }
}
