import Foundation
import Support
import Transport

/// An authority of the test's own, and what it has signed; made by `openssl`.
struct Certificates {
  let folder: TemporaryFolder
  private let name: String

  init(in folder: TemporaryFolder, name: String = "ca") throws {
    self.folder = folder
    self.name = name
    try make(name, ["-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:TRUE"])
  }

  /// The authority's certificate.
  var authority: String { "\(folder.path)/\(name).pem" }

  /// A certificate with these alternative names, for example `DNS:localhost`, and its key.
  func sign(_ subject: String, _ names: String...) throws -> TLSCertificateFiles {
    try make(
      subject,
      [
        "-CA", authority, "-CAkey", "\(folder.path)/\(name).key", "-subj", "/CN=\(subject)", "-addext",
        "subjectAltName=\(names.joined(separator: ","))", "-addext", "basicConstraints=critical,CA:FALSE",
      ])
    return TLSCertificateFiles(certificate: "\(folder.path)/\(subject).pem", key: "\(folder.path)/\(subject).key")
  }

  private func make(_ subject: String, _ arguments: [String]) throws {
    try Self.openssl(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2", "-keyout",
        "\(folder.path)/\(subject).key", "-out", "\(folder.path)/\(subject).pem",
      ] + arguments)
  }

  @discardableResult
  static func openssl(_ arguments: [String]) throws -> String {
    let result = try Tools.run(URL(filePath: "/usr/bin/openssl"), arguments)
    guard result.status == 0 else { throw Failure(description: "openssl \(arguments): \(result.errors)") }
    return result.output
  }

  struct Failure: Error, CustomStringConvertible { let description: String }
}

extension TLSCertificateFiles {
  /// As the policy names it.
  var fingerprint: String {
    get throws {
      let line = try Certificates.openssl(["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"])
      return line.split(separator: "=")[1].filter(\.isHexDigit).lowercased()
    }
  }
}
