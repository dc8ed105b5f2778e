import ArgumentParser
import Client
import Example
import FoundationEssentials
import Glibc
import RPC
import Scalars
import Server
import Transport

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Tells the whole story with a daemon of its own: import, storm, loop, kill, recovery.",
    discussion: "Takes less than a minute, and leaves nothing behind unless --keep says where.")
  @Option(help: "Keep data, log and socket in this folder, which must be new or empty.", completion: .directory)
  var keep: String?
  @Option(help: "Enterprises to make.") var enterprises = 3000
  @Option(help: "Hazards to submit in the first storm; the second, with the kill in it, has half as many.")
  var hazards = 6000

  func validate() throws {
    guard (500...100_000).contains(enterprises) else {
      throw ValidationError("--enterprises lies between 500 and 100000")
    }
    guard (100...1_000_000).contains(hazards) else { throw ValidationError("--hazards lies between 100 and 1000000") }
  }

  func run() async throws {
    let folder = try makeFolder()
    defer { leave(folder) }
    // Nothing is left behind by who is interrupted, either. This task ends with the process.
    let signals = Signals([SIGINT, SIGTERM, SIGHUP])
    Task {
      let signal = await signals.first()
      DaemonProcess.killRunning()
      leave(folder)
      Glibc.exit(128 + signal)
    }
    try await Language.$chosen.withValue(.both) {
      var demo = try await Demo(folder: folder, enterpriseCount: enterprises, hazardCount: hazards)
      try await demo.tell()
    }
    if let keep {
      print(
        """

        Kept in \(keep): data/, daemon.log. Start it again with:
          \(DaemonProcess.executable) --data \(keep)/data --listen unix:\(keep)/safegrid.sock --manual-clock
        """
      )
    }
  }

  private func leave(_ folder: String) { if keep == nil { try? FileManager.default.removeItem(atPath: folder) } }

  private func makeFolder() throws -> String {
    guard let keep else {
      var template = Array("/tmp/safegrid-demo-XXXXXX".utf8CString)
      // Safe: the template is a string with its end, which the call changes in place.
      guard unsafe mkdtemp(&template) != nil else { throw InputFault("cannot make a folder in /tmp: errno \(errno)") }
      return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let manager = FileManager.default
    if let content = try? manager.contentsOfDirectory(atPath: keep), !content.isEmpty {
      throw InputFault("\(keep) is not empty; name a new folder")
    }
    try manager.createDirectory(atPath: keep, withIntermediateDirectories: true)
    return keep
  }
}
