internal import NIOSSL
internal import Synchronization

/// What a server shows on its TLS sockets, and whose certificates it takes. It is read from its files at the start, and
/// again when it is told to: connections that come later see the new one.
package final class ServerTLS: Sendable {
  private let files: TLSCertificateFiles
  private let clientAuthority: String?
  private let context: Mutex<NIOSSLContext>

  /// - Parameter clientAuthority: the authorities whose certificates clients may show. Who shows none must show a token;
  ///   who shows another one is hung up on.
  package init(_ files: TLSCertificateFiles, clientAuthority: String?) throws(TLSFault) {
    self.files = files
    self.clientAuthority = clientAuthority
    context = Mutex(try Self.read(files, clientAuthority))
  }

  /// Reads the files again. What cannot be used changes nothing.
  package func reload() throws(TLSFault) {
    let renewed = try Self.read(files, clientAuthority)
    context.withLock { $0 = renewed }
  }

  func makeHandler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context.withLock { $0 }) }

  private static func read(_ files: TLSCertificateFiles, _ clientAuthority: String?) throws(TLSFault) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try files.readChain(), privateKey: try files.readKey())
    configuration.narrow()
    if let clientAuthority {
      try configuration.trust(clientAuthority)
      configuration.certificateVerification = .optionalVerification
    }
    return try configuration.context(files)
  }
}
