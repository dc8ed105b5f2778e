internal import Bytes
package import Crypto
internal import Glibc
internal import Journal

/// The file with the key that signs checkpoints: 32 bytes in hexadecimal, for its owner alone.
package enum SigningKeyFile {
  /// Reads the key; makes one when the file is not there.
  ///
  /// - Throws: `ConfigurationFault` when the file lies in the data folder, where whoever changes the data would find it,
  ///   or holds no key.
  package static func read(_ path: String, notIn dataFolder: String) throws -> Curve25519.Signing.PrivateKey {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let (folder, name) = (parts.dropLast().joined(separator: "/"), String(parts.last ?? ""))
    let disk = PosixDisk(folder: path.contains("/") ? (folder.isEmpty ? "/" : folder) : ".")
    guard !real(disk.path).hasPrefix(real(dataFolder)) else {
      throw ConfigurationFault("the signing key \(path) must lie outside of \(dataFolder)")
    }
    if let text = try disk.contents(name) {
      let digits = String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace }
      guard let bytes = [UInt8](hexadecimal: digits),
        let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
      else { throw ConfigurationFault("\(path) holds no key: 64 hexadecimal digits are expected") }
      return key
    }
    let key = Curve25519.Signing.PrivateKey()
    try disk.replace(name, with: Array("\([UInt8](key.rawRepresentation).hexadecimal)\n".utf8))
    return key
  }

  /// The path without links; as it is when there is no such folder yet.
  private static func real(_ path: String) -> String {
    // Safe: the string is copied before it is freed.
    guard let resolved = unsafe realpath(path, nil) else { return path + "/" }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved) + "/"
  }
}
