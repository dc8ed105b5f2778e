import Journal
import Synchronization

/// A folder in memory whose writes and syncs can be made to fail, and which can show what a power cut would leave.
final class FaultyDisk: Disk {
  struct Content: Sendable {
    /// As programs see it.
    var bytes: [UInt8]
    /// As a power cut leaves it at worst: what was synced.
    var durable: [UInt8]
  }

  struct State: Sendable {
    /// Contents by a number of their own: an open file stays itself when its name changes.
    var contents: [Int: Content] = [:]
    var names: [String: Int] = [:]
    /// Names as a power cut leaves them: they follow when the folder is synced.
    var durableNames: [String: Int] = [:]
    var writesUntilFailure = Int.max
    var syncsUntilFailure = Int.max
    var createsUntilFailure = Int.max
    var removalsUntilFailure = Int.max
  }

  let state: Mutex<State>

  init(_ state: sending State = State()) { self.state = Mutex(state) }

  /// What is left after a power cut that kept nothing but what was synced.
  ///
  /// - Parameter keepsRemovals: of the folder's changes that were not synced, the removals got through: a file system
  ///   may write them in any order.
  func afterPowerCut(keepsRemovals: Bool = false) -> FaultyDisk {
    let before = state.withLock { $0 }
    var after = State()
    after.names = before.durableNames.filter { !keepsRemovals || before.names[$0.key] != nil }
    after.durableNames = after.names
    after.contents = before.contents.mapValues { Content(bytes: $0.durable, durable: $0.durable) }
    return FaultyDisk(after)
  }

  /// The same files, as the next process sees them.
  func copy() -> FaultyDisk {
    let before = state.withLock { $0 }
    var after = State()
    (after.contents, after.names, after.durableNames) = (before.contents, before.names, before.names)
    return FaultyDisk(after)
  }

  /// As programs see it.
  func content(_ name: String) -> [UInt8] {
    state.withLock { state in state.names[name].flatMap { state.contents[$0]?.bytes } ?? [] }
  }

  /// Changes what lies on the disk behind everybody's back.
  func change(_ name: String, _ body: (inout [UInt8]) -> Void) {
    state.withLock { state in
      guard let number = state.names[name], var content = state.contents[number] else { return }
      body(&content.bytes)
      content.durable = content.bytes
      state.contents[number] = content
    }
  }

  fileprivate static func failure(_ what: String) -> JournalError {
    .disk(DiskError(code: 5, operation: what, text: "I/O error"))
  }

  func list() throws(JournalError) -> [String] { state.withLock { Array($0.names.keys) } }

  func open(_ name: String) throws(JournalError) -> FaultyFile {
    guard let number = state.withLock({ $0.names[name] }) else {
      throw .disk(DiskError(code: 2, operation: "open \(name)", text: "no such file"))
    }
    return FaultyFile(name: name, number: number, disk: self)
  }

  func openForWriting(_ name: String) throws(JournalError) -> FaultyFile { try open(name) }

  func create(_ name: String, size: Int) throws(JournalError) -> FaultyFile {
    let zeros = [UInt8](repeating: 0, count: size)
    let made = state.withLock { state -> Int? in
      state.createsUntilFailure -= 1
      guard state.createsUntilFailure >= 0 else { return nil }
      let number = state.contents.count
      state.contents[number] = Content(bytes: zeros, durable: zeros)
      state.names[name] = number
      return number
    }
    guard let made else { throw .disk(DiskError(code: 28, operation: "create \(name)", text: "no space left")) }
    return FaultyFile(name: name, number: made, disk: self)
  }

  func rename(_ name: String, to newName: String) throws(JournalError) {
    state.withLock { $0.names[newName] = $0.names.removeValue(forKey: name) }
  }

  func remove(_ name: String) throws(JournalError) {
    let isDone = state.withLock { state -> Bool in
      state.removalsUntilFailure -= 1
      guard state.removalsUntilFailure >= 0 else { return false }
      state.names[name] = nil
      return true
    }
    if !isDone { throw Self.failure("remove \(name)") }
  }

  func synchronizeFolder() throws(JournalError) { state.withLock { $0.durableNames = $0.names } }
}

final class FaultyFile: DiskFile {
  let name: String
  private let number: Int
  private let disk: FaultyDisk

  fileprivate init(name: String, number: Int, disk: FaultyDisk) {
    self.name = name
    self.number = number
    self.disk = disk
  }

  func size() throws(JournalError) -> Int { disk.state.withLock { $0.contents[number]!.bytes.count } }

  func read(at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
    disk.state.withLock { state in
      let bytes = state.contents[number]!.bytes
      return Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
    }
  }

  func write(_ span: RawSpan, at offset: Int) throws(JournalError) {
    let bytes = unsafe span.withUnsafeBytes { unsafe Array($0) }
    let isDone = disk.state.withLock { state -> Bool in
      state.writesUntilFailure -= 1
      guard state.writesUntilFailure >= 0 else { return false }
      state.contents[number]!.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return true
    }
    if !isDone { throw FaultyDisk.failure("write \(name)") }
  }

  func synchronize() throws(JournalError) {
    let isDone = disk.state.withLock { state -> Bool in
      state.syncsUntilFailure -= 1
      guard state.syncsUntilFailure >= 0 else { return false }
      state.contents[number]!.durable = state.contents[number]!.bytes
      return true
    }
    if !isDone { throw FaultyDisk.failure("sync \(name)") }
  }
}
