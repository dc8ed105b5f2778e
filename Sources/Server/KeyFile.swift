internal import Bytes
internal import Journal

/// A file that holds a key: 32 bytes in hexadecimal, for its owner alone.
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

  /// The key; `nil` when there is no such file.
  func read() throws -> [UInt8]? {
    guard let text = try disk.contents(name) else { return nil }
    let digits = String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace }
    guard let bytes = [UInt8](hexadecimal: digits), bytes.count == 32 else {
      throw ConfigurationFault("\(path) holds no key: 64 hexadecimal digits are expected")
    }
    return bytes
  }

  /// Makes the file, so that it is there even after a power cut.
  func write(_ key: [UInt8]) throws { try disk.replace(name, with: Array("\(key.hexadecimal)\n".utf8)) }
}
