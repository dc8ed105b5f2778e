import FoundationEssentials
import Glibc
import Server

/// The folder of a daemon of our own: a new one that is removed at the end, or one that is kept.
struct OwnFolder: Sendable {
  let path: String
  private let isKept: Bool

  /// - Parameters:
  ///   - keep: a new or empty folder that stays.
  ///   - name: what the folder in /tmp is called, when there is none to keep.
  init(keep: String? = nil, name: String) throws {
    isKept = keep != nil
    guard let keep else {
      var template = Array("/tmp/\(name)-XXXXXX".utf8CString)
      // Safe: the template is a string with its end, which the call changes in place.
      guard unsafe mkdtemp(&template) != nil else { throw InputFault("cannot make a folder in /tmp: errno \(errno)") }
      path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return
    }
    let manager = FileManager.default
    if let content = try? manager.contentsOfDirectory(atPath: keep), !content.isEmpty {
      throw InputFault("\(keep) is not empty; name a new folder")
    }
    try manager.createDirectory(atPath: keep, withIntermediateDirectories: true)
    path = keep
  }

  func leave() { if !isKept { try? FileManager.default.removeItem(atPath: path) } }

  /// Who is interrupted leaves nothing behind, either: no daemon, and no folder that is not kept.
  func leaveWhenInterrupted() {
    let signals = Signals([SIGINT, SIGTERM, SIGHUP])
    // This task ends with the process.
    Task {
      let signal = await signals.next()
      DaemonProcess.killRunning()
      leave()
      Glibc.exit(128 + signal)
    }
  }
}
