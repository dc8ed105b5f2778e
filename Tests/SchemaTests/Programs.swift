import Foundation
import Support

/// Programs that tests run: `idlc`, which lies beside the tests' own program, and `protoc`.
enum Programs {
  static let idlc = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "idlc").path
  static let protoc = "/usr/bin/protoc"
  static var hasProtoc: Bool { FileManager.default.isExecutableFile(atPath: protoc) }

  struct Result {
    let status: Int32
    let output: [UInt8]
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
  }

  static func run(_ program: String, _ arguments: [String], input: [UInt8] = [], in folder: String) throws -> Result {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder)
    // Files, not pipes: neither can fill up while the other is read.
    let files = TemporaryFolder()
    let paths = ["in", "out", "err"].map { "\(files.path)/\($0)" }
    for (path, content) in zip(paths, [input, [], []]) {
      guard FileManager.default.createFile(atPath: path, contents: Data(content)) else {
        throw CocoaError(.fileWriteUnknown)
      }
    }
    process.standardInput = FileHandle(forReadingAtPath: paths[0])
    process.standardOutput = FileHandle(forWritingAtPath: paths[1])
    process.standardError = FileHandle(forWritingAtPath: paths[2])
    try process.run()
    process.waitUntilExit()
    let contents = paths.map { FileManager.default.contents(atPath: $0) ?? Data() }
    return Result(
      status: process.terminationStatus, output: [UInt8](contents[1]),
      errors: String(decoding: contents[2], as: UTF8.self))
  }

  static func write(_ text: String, to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
      throw CocoaError(.fileWriteUnknown)
    }
  }
}
