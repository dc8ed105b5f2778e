internal import Records
internal import Service
internal import Store

/// The file with the key that seals who made a report of the public, and below it those of before, a line each.
enum IdentityKeyFile {
  /// Reads the keys; makes one when the file is not there and nothing is sealed yet.
  ///
  /// - Throws: `ConfigurationFault` when the file is gone with which something is sealed: a new key made unasked would part
  ///   the reporters in two, and the loss would be noticed only when somebody is to be paid.
  static func read(_ path: String, for store: StateStore) throws -> ReporterSeal {
    let file = KeyFile(path)
    if let keys = try file.readAll() { return ReporterSeal(secret: keys[0], older: Array(keys.dropFirst())) }
    guard try Snapshot(store).keys(ReportIdentitiesTable.self, in: .all, descending: false, limit: 1).isEmpty else {
      throw ConfigurationFault(
        """
        the key \(path) is gone, with which reporters' identities are sealed: put it back, or name its place with \
        --identity-key. If it is lost for good, so is who they were; then make a new one with \
        head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \\n' > \(path)
        """)
    }
    let key = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    try file.write(key)
    return ReporterSeal(secret: key)
  }
}
