package import Crypto
internal import Glibc

/// The file with the key that signs checkpoints.
package enum SigningKeyFile {
  /// Reads the key; makes one when the file is not there.
  ///
  /// - Throws: `ConfigurationFault` when the file lies in the data folder, where whoever changes the data would find it,
  ///   or holds no key.
  package static func read(_ path: String, notIn dataFolder: String) throws -> Curve25519.Signing.PrivateKey {
    let file = KeyFile(path)
    guard !real(file.folder).hasPrefix(real(dataFolder)) else {
      throw ConfigurationFault("the signing key \(path) must lie outside of \(dataFolder)")
    }
    if let bytes = try file.read() { return try Curve25519.Signing.PrivateKey(rawRepresentation: bytes) }
    let key = Curve25519.Signing.PrivateKey()
    try file.write([UInt8](key.rawRepresentation))
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
