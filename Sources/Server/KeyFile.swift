internal import Bytes
internal import Journal

/// A file that holds a key, or several, a line each: 32 bytes in hexadecimal, for its owner alone.
struct KeyFile {
  private let path: String
  private let disk: PosixDisk
  private let name: String

  init(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.dropLast().joined(separator: "/")
    self.path = path
    name = String(parts.last ?? "")
    disk = PosixDisk(folder: path.contains("/") ? (folder.isEmpty ? "/" : folder) : ".")
  }

  var folder: String { disk.path }

  /// A key a year for thirty years.
  private static let keysMax = 32

  /// The key; `nil` when there is no such file.
  func read() throws -> [UInt8]? {
    guard let keys = try readAll() else { return nil }
    guard keys.count == 1 else { throw ConfigurationFault("\(path) holds \(keys.count) keys: one is expected") }
    return keys[0]
  }

  /// The keys, one at least; `nil` when there is no such file.
  func readAll() throws -> [[UInt8]]? {
    guard let text = try disk.contents(name) else { return nil }
    let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let keys = lines.compactMap { [UInt8](hexadecimal: String($0)) }.filter { $0.count == 32 }
    guard !keys.isEmpty, keys.count == lines.count, keys.count <= Self.keysMax else {
      throw ConfigurationFault(
        "\(path) holds no key: 64 hexadecimal digits are expected, in \(Self.keysMax) lines at most")
    }
    return keys
  }

  /// Makes the file, so that it is there even after a power cut.
  func write(_ key: [UInt8]) throws { try disk.replace(name, with: Array("\(key.hexadecimal)\n".utf8)) }
}
