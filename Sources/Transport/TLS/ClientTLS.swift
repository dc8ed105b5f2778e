internal import NIOCore
package import NIOSSL

/// Whom a client trusts on TLS sockets, and what it shows of itself.
public struct ClientTLS: Sendable {
  package let context: NIOSSLContext

  /// - Parameters:
  ///   - authority: a file with the certificates of the authorities that vouch for the server; the system's when absent.
  ///   - files: what the client shows; nothing when absent.
  public init(authority: String? = nil, showing files: TLSCertificateFiles? = nil) throws(TLSFault) {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.narrow()
    if let authority { try configuration.trust(authority) }
    if let files {
      configuration.certificateChain = try files.readChain()
      configuration.privateKey = try files.readKey()
    }
    context = try configuration.context(files)
  }

  /// - Parameter host: the name that the server's certificate must carry, or its address.
  func makeHandler(host: String) throws -> NIOSSLClientHandler {
    // Of an address the certificate is asked as well, but it may not stand in the handshake (RFC 6066 §3).
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }
}
