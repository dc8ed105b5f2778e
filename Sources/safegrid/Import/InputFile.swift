import CZlib
import Glibc

/// A file that people hand in.
enum InputFile {
  /// More than the whole country's divisions take, several times over.
  private static let byteCountMax = 1 << 30

  /// The content; of a file packed with gzip what was packed, unless it `isOpaque`.
  static func read(_ path: String, isOpaque: Bool = false) throws -> [UInt8] {
    if isOpaque { return try readAsItIs(path) }
    // zlib reads both kinds through one door.
    guard let file = unsafe gzopen(path, "rb") else {
      throw InputFault(
        localized("cannot open \(path)", "无法打开\(path)") + ": \(unsafe String(cString: strerror(errno)))")
    }
    // Safe: the file is open until here.
    defer { unsafe gzclose(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      // Safe: the buffer has the length that is given.
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe gzread(file, $0.baseAddress, UInt32($0.count)) }
      if count <= 0 {
        // At the end of a packed file that was cut off, only this tells.
        var code: Int32 = 0
        let message = unsafe String(cString: gzerror(file, &code))
        guard count == 0, code == Z_OK || code == Z_STREAM_END else {
          throw InputFault("cannot read \(path): \(code == Z_BUF_ERROR ? "the packed file is cut off" : message)")
        }
        return content
      }
      content += buffer[..<Int(count)]
      guard content.count <= byteCountMax else {
        throw InputFault(
          localized("\(path) holds more than \(byteCountMax) bytes", "\(path)超过\(byteCountMax)字节"))
      }
    }
  }

  private static func readAsItIs(_ path: String) throws -> [UInt8] {
    guard let file = unsafe fopen(path, "rbe") else {
      throw InputFault(
        localized("cannot open \(path)", "无法打开\(path)") + ": \(unsafe String(cString: strerror(errno)))")
    }
    // Safe: the file is open until here.
    defer { unsafe fclose(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      // Safe: the buffer has the length that is given.
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
      if count == 0 {
        guard unsafe ferror(file) == 0 else { throw InputFault("cannot read \(path)") }
        return content
      }
      content += buffer[..<count]
      guard content.count <= byteCountMax else {
        throw InputFault(
          localized("\(path) holds more than \(byteCountMax) bytes", "\(path)超过\(byteCountMax)字节"))
      }
    }
  }
}
