import API
import Client
import Foundation
import RPC
import Records
import Support
import Testing
import Transport

/// A daemon on a file system of its own that fills up, or that the kernel turns read-only after an error of the disk.
///
/// To mount one takes root; without, these tests are skipped, and `SimulationTests/DiskFaultTests` still fails each call
/// in turn.
@Suite(.enabled(if: geteuid() == 0 && Volume.canMount, "only root can mount a file system"))
struct DiskTests {
  @Test func `a full disk stops what needs room and nothing else, and is forgotten once there is room`() throws {
    let volume = try Volume(mebibytes: 128)
    var daemon = try Daemon(data: "\(volume.path)/data")
    try daemon.setUp()
    let first = try daemon.submit()
    volume.fill()
    // What was allocated ahead is enough for a report; a copy of the state finds no room, and says so.
    let second = try daemon.submit()
    let copy = try daemon.safegrid("verify")
    #expect(copy.status == 1 && copy.errors.contains("No space left on device"), "\(copy.errors)")
    let copies = try FileManager.default.contentsOfDirectory(atPath: "\(daemon.data)/copies")
    #expect(copies == [], "what was begun is gone")
    let compaction = try daemon.safegrid("compact")
    #expect(compaction.status == 1 && compaction.errors.contains("No space left on device"), "\(compaction.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(daemon.data)/compaction"))
    #expect(try daemon.safegrid("hazard", "show", first).status == 0)
    #expect(daemon.end(by: SIGKILL) == -SIGKILL)
    #expect { _ = try Daemon(data: "\(volume.path)/data") } throws: { "\($0)".contains("No space left on device") }
    try volume.empty()
    daemon = try Daemon(data: "\(volume.path)/data")
    for number in [first, second] { #expect(try daemon.safegrid("hazard", "show", number).status == 0) }
    #expect(try daemon.safegrid("verify").status == 0)
    #expect(try daemon.safegrid("audit", "verify").status == 0)
    #expect(daemon.end(by: SIGTERM) == 0)
  }

  @Test func `the last of a disk is kept for administration, until there is room again`() throws {
    let volume = try Volume(mebibytes: 128)
    let daemon = try Daemon(data: "\(volume.path)/data")
    try daemon.setUp()
    volume.fill()
    // It looks now and then.
    var refused: Tools.Result?
    for _ in 0..<40 where refused == nil {
      let result = try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "gm1")
      if result.status != 0 { refused = result }
    }
    #expect(refused?.errors.contains("The disk is full up to") == true, "\(String(describing: refused))")
    let doctor = try daemon.safegrid("doctor")
    #expect(doctor.status == 1 && doctor.output.contains("only administration may write"), "\(doctor.output)")
    #expect(try daemon.safegrid("health").output.hasPrefix("no_room"))
    #expect(try daemon.safegrid("health", "Admin").status == 0, "administration may write")
    let people = try daemon.file("people2.csv", "id,name,role,grid\ngm3,王六,grid_member,421222100001002\n")
    #expect(try daemon.safegrid("import", "people", people).status == 0)
    try volume.empty()
    // Without anybody who writes.
    #expect(try Tools.comesTrue { try daemon.safegrid("health").status == 0 })
    _ = try daemon.submit()
    #expect(daemon.end(by: SIGTERM) == 0)
    let looked = try Tools.run("safegrid", ["doctor", "--data", daemon.data])
    #expect(looked.status == 0 && looked.output.contains("MiB left"), "a disk of 128 MiB is small: \(looked.output)")
  }

  @Test(.timeLimit(.minutes(20)))
  func `on a file system that turned read-only reads go on, and a start mends it`() async throws {
    let volume = try Volume(mebibytes: 256)
    var daemon = try Daemon(data: "\(volume.path)/data")
    try daemon.setUp()
    let numbers = try (0..<3).map { _ in try daemon.submit() }
    let connection = try await Connection.connect(to: try #require(Endpoint(daemon.endpoint)))
    var reports = try await HealthClient(connection).watch(CheckHealth()).makeAsyncIterator()
    #expect(try await reports.next()?.state == .ready)
    try volume.turnReadOnly()
    let refused = try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "gm1")
    #expect(refused.status == 1 && refused.errors.contains("UNAVAILABLE"), "\(refused.errors)")
    #expect(daemon.log.contains("nothing is written any more until a restart; reads go on"), "\(daemon.log)")
    let doctor = try daemon.safegrid("doctor")
    #expect(doctor.status == 1 && doctor.output.hasPrefix("✘ nothing is written any more"), "\(doctor.output)")
    #expect(try await reports.next()?.state == .readOnly)
    let health = try daemon.safegrid("health")
    #expect(health.status == 1 && health.output == "read_only Read only\n", "\(health)")
    #expect(try daemon.safegrid("health", "Audit").status == 0, "reads go on")
    for number in numbers { #expect(try daemon.safegrid("hazard", "show", number).status == 0) }
    #expect(try daemon.safegrid("audit", "verify").status == 0)
    #expect(daemon.end(by: SIGTERM) == 0)
    #expect(throws: Daemon.Failure.self) { _ = try Daemon(data: "\(volume.path)/data") }
    try volume.repair()
    daemon = try Daemon(data: "\(volume.path)/data")
    for number in numbers { #expect(try daemon.safegrid("hazard", "show", number).status == 0) }
    #expect(try daemon.safegrid("verify").status == 0)
    _ = try daemon.submit()
    #expect(daemon.end(by: SIGTERM) == 0)
  }
}

/// An ext4 file system in a file; unmounted when the test lets go of it.
private final class Volume {
  private let folder = TemporaryFolder()
  private var image: String { "\(folder.path)/image" }
  var path: String { "\(folder.path)/mount" }

  /// Whether this machine lets us.
  static var canMount: Bool { (try? Volume(mebibytes: 8)) != nil }

  init(mebibytes: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try Self.run("truncate", "-s", "\(mebibytes)M", image)
    try Self.run("mkfs.ext4", "-q", "-F", "-m", "0", image)
    try mount()
  }

  deinit { _ = try? Self.run("umount", path) }

  private func mount() throws { try Self.run("mount", "-o", "loop,errors=remount-ro", image, path) }

  func fill() { _ = try? Self.run("dd", "if=/dev/zero", "of=\(path)/filler", "bs=4k", "status=none") }

  func empty() throws { try Self.run("rm", "\(path)/filler") }

  /// As after an error of the disk: ext4 has a switch for it.
  func turnReadOnly() throws {
    let device = try Self.run("findmnt", "-no", "SOURCE", path).split(separator: "/").last ?? ""
    try Data("test".utf8).write(to: URL(filePath: "/sys/fs/ext4/\(device)/trigger_fs_error"))
  }

  func repair() throws {
    try Self.run("umount", path)
    // 1: errors were corrected.
    try Self.run("e2fsck", "-fp", image, success: [0, 1])
    try mount()
  }

  private struct Failure: Error { let command: String }

  @discardableResult
  private static func run(_ command: String..., success: Set<Int32> = [0]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard success.contains(process.terminationStatus) else { throw Failure(command: command.joined(separator: " ")) }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
