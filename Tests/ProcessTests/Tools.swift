import Foundation
import Support

/// The built programs, as a user runs them.
enum Tools {
  /// Where the tests' own program lies, the others lie beside it.
  static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

  struct Result {
    let status: Int32
    let output: String
    let errors: String

    /// The output as one JSON object.
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]) ?? [:] }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  static func process(_ program: URL, _ arguments: [String], _ environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"]
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    return process
  }

  static func process(_ name: String, _ arguments: [String], _ environment: [String: String] = [:]) -> Process {
    process(folder.appending(path: name), arguments, environment)
  }

  static func run(
    _ name: String, _ arguments: [String], _ environment: [String: String] = [:], input: String? = nil
  ) throws -> Result {
    try run(folder.appending(path: name), arguments, environment, input: input)
  }

  /// Runs a program to its end.
  ///
  /// - Parameter input: the file that is its standard input.
  static func run(
    _ program: URL, _ arguments: [String], _ environment: [String: String] = [:], input: String? = nil
  ) throws -> Result {
    let folder = TemporaryFolder()
    let process = process(program, arguments, environment)
    if let input { process.standardInput = FileHandle(forReadingAtPath: input) }
    // Files, not pipes: neither can fill up while the other is read.
    let paths = ["out", "err"].map { "\(folder.path)/\($0)" }
    for path in paths { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: paths[0])
    process.standardError = FileHandle(forWritingAtPath: paths[1])
    try process.run()
    process.waitUntilExit()
    let texts = paths.map { String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self) }
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Result(status: status, output: texts[0], errors: texts[1])
  }

  /// Asks until it is so. What never comes true fails a test, and does not hold it up for ever.
  static func comesTrue(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<5000 where try condition() { return true }
    return false
  }

  static func safegrid(_ arguments: String..., connect: String? = nil) throws -> Result {
    try run("safegrid", arguments, connect.map { ["SAFEGRID_CONNECT": $0] } ?? [:])
  }
}

/// A daemon of the test's own; killed when the test lets go of it.
final class Daemon {
  let folder: TemporaryFolder
  let data: String
  let ready: String
  private let process: Process

  var socket: String { "\(folder.path)/s.sock" }
  var endpoint: String { "unix:\(socket)" }
  var identifier: Int32 { process.processIdentifier }

  /// - Parameters:
  ///   - folder: for socket and log, and for the data if these are nowhere else.
  ///   - arguments: besides folder, socket and test clock.
  init(
    in folder: TemporaryFolder = TemporaryFolder(), data: String? = nil, _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws {
    self.folder = folder
    self.data = data ?? "\(folder.path)/data"
    process = Tools.process(
      "safegridd",
      [
        "--data", self.data, "--listen", "unix:\(folder.path)/s.sock", "--manual-clock", "--clock-start",
        "2026-03-02T08:30:00+08:00",
      ] + arguments, environment)
    let pipe = Pipe()
    process.standardOutput = pipe
    let log = "\(folder.path)/log"
    if !FileManager.default.fileExists(atPath: log) { _ = FileManager.default.createFile(atPath: log, contents: nil) }
    let errors = FileHandle(forWritingAtPath: log)
    _ = try errors?.seekToEnd()
    process.standardError = errors
    try process.run()
    var line = Data()
    while let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
      line += byte
    }
    ready = String(decoding: line, as: UTF8.self)
    guard ready.hasPrefix("safegridd is ready on unix:") else { throw Failure(log: self.log) }
  }

  struct Failure: Error, CustomStringConvertible {
    let log: String
    var description: String { "the daemon did not come up: \(log)" }
  }

  var log: String {
    String(decoding: FileManager.default.contents(atPath: "\(folder.path)/log") ?? Data(), as: UTF8.self)
  }

  /// Ends the daemon; answers its exit status, or the signal that ended it, negative.
  @discardableResult
  func end(by signal: Int32) -> Int32 {
    kill(identifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// Whether the process has ended, or is about to: nobody listens any more.
  var isGone: Bool { (try? Tools.safegrid("ping", connect: endpoint).status) != 0 }

  deinit { if process.isRunning { kill(identifier, SIGKILL) } }

  func safegrid(_ arguments: String...) throws -> Tools.Result {
    try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": endpoint])
  }

  func file(_ name: String, _ text: String) throws -> String {
    let path = "\(folder.path)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  /// The example's divisions, two cells and five people.
  func setUp() throws {
    let divisions = try file("divisions.csv", Daemon.divisions)
    let cells = try file("cells.csv", "code,name\n421222100001001,第一网格\n421222100001002,第二网格\n")
    let people = try file(
      "people.csv",
      """
      id,name,role,grid
      gm1,张三,grid_member,421222100001001
      gm2,赵六,grid_member,421222100001002
      vs1,李四,village_officer,421222100001000
      to1,王五,township_officer,421222100000000

      """)
    for arguments in [["divisions", divisions], ["cells", cells], ["people", people]] {
      let result = try Tools.run("safegrid", ["import"] + arguments, ["SAFEGRID_CONNECT": endpoint])
      guard result.status == 0 else { throw Failure(log: result.errors) }
    }
  }

  static let divisions = """
    code,name,level,parent
    42,湖北省,1,
    4212,咸宁市,2,42
    421222,通城县,3,4212
    421222100,隽水镇,4,421222
    421222100001,雁塔社区居委会,5,421222100
    421222101,麦市镇,4,421222

    """

  static let report =
    #"{"source":"MEMBER_PATROL","grid":"421222100001001","class":"消防","domain":"FIRE","severity":"GENERAL","urgency":"NORMAL","description":"消防通道堵塞","photos":[{"sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}"#

  /// Submits a report; answers its number.
  func submit(_ body: String = report) throws -> String {
    let result = try safegrid("call", "Hazard.submit", body, "--as", "gm1")
    guard let number = result.json["number"] as? String else { throw Failure(log: result.errors) }
    return number
  }
}
