import CZlib
import Glibc

/// A file that people hand in, plain or packed with gzip.
enum TextFile {
  /// More than the whole country's divisions take, several times over.
  private static let byteCountMax = 1 << 30

  static func read(_ path: String) throws -> [UInt8] {
    // zlib reads both kinds through one door.
    guard let file = unsafe gzopen(path, "rb") else {
      throw InputFault("cannot open \(path): \(unsafe String(cString: strerror(errno)))")
    }
    // Safe: the file is open until here.
    defer { unsafe gzclose(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      // Safe: the buffer has the length that is given.
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe gzread(file, $0.baseAddress, UInt32($0.count)) }
      guard count >= 0 else {
        var code: Int32 = 0
        throw InputFault("cannot read \(path): \(unsafe String(cString: gzerror(file, &code)))")
      }
      if count == 0 { return content }
      content += buffer[..<Int(count)]
      guard content.count <= byteCountMax else { throw InputFault("\(path) holds more than \(byteCountMax) bytes") }
    }
  }
}
