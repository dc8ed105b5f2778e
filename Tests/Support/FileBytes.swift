import Glibc

/// A file as bytes, for tests that look at it or spoil it.
package struct FileBytes {
  private let path: String

  package init(_ path: String) { self.path = path }

  /// The bytes up to the last that is not zero: LMDB's file is much larger than its content. `nil` without a file.
  package var content: [UInt8]? {
    get throws {
      guard let file = unsafe fopen(path, "rb") else { return nil }
      // Safe, here and below: the file is open until the end, and buffers have the length that is given.
      defer { unsafe fclose(file) }
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while bytes.count < 64 << 20 {
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        if count == 0 { break }
        bytes += buffer[..<count]
      }
      return Array(bytes[..<((bytes.lastIndex { $0 != 0 } ?? -1) + 1)])
    }
  }

  /// Overwrites the beginning of the file.
  package func replace(_ bytes: [UInt8]) throws { try write(bytes, "r+b") }

  /// Makes the file.
  package func create(_ bytes: [UInt8]) throws { try write(bytes, "wbx") }

  private func write(_ bytes: [UInt8], _ mode: String) throws {
    guard let file = unsafe fopen(path, mode) else { preconditionFailure("cannot open \(path): errno \(errno)") }
    defer { unsafe fclose(file) }
    precondition(unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count, "cannot write \(path)")
  }

  package func remove() throws {
    guard unsafe unlink(path) == 0 else { preconditionFailure("cannot remove \(path): errno \(errno)") }
  }
}
