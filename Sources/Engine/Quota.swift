internal import Glibc
internal import Journal
internal import Records
internal import Store

/// Watches how full the store and its disk are, so that the last of the room is kept for those who can make more.
struct Quota {
  private(set) var level = FillLevel.ample
  private var space: StateStore.Space?
  private var batchesUntilLook = 0

  /// Batches between two looks at the disk while the state's file is far from its limit.
  private static let batchesBetween = 16

  /// Called before each batch. While the file itself is small, its free pages need not be counted.
  mutating func look(at store: StateStore) throws(StoreError) {
    if batchesUntilLook > 0, store.filePercent < StateStore.Space.scarcePercent, level == .ample {
      batchesUntilLook -= 1
      return
    }
    let now = try store.space()
    (space, level) = (now, now.fillLevel)
    batchesUntilLook = Self.batchesBetween
  }

  /// - Throws: `storageFull` for a command that must wait until there is room again.
  func admit(_ method: Method) throws(Refusal) {
    guard level == .full, let space, !method.isAdministration else { return }
    throw space.isDiskFull ? diskFull : stateFull
  }

  private var diskFull: Refusal {
    .storageFull(StorageFull(what: Label("disk", "磁盘"), percent: UInt32(space?.diskPercent ?? 100)))
  }
  private var stateFull: Refusal {
    .storageFull(StorageFull(what: Label("state", "数据存储"), percent: UInt32(space?.statePercent ?? 100)))
  }

  /// What the commands of a batch are told for which there was no place in the journal.
  func result(of error: DiskError) -> CommandResult {
    error.code == ENOSPC ? .refused(diskFull) : .unavailable("\(error)")
  }

  /// What the commands of a batch are told that the store could not take.
  func result(of error: StoreError) -> CommandResult {
    if case .full = error { return .refused(stateFull) }
    return error.isDiskFull ? .refused(diskFull) : .unavailable("\(error)")
  }
}

extension Method {
  /// Whether only those may call it who run the daemon.
  package var isAdministration: Bool { !roles.isEmpty && roles.allSatisfy { $0 == .administrator || $0 == .system } }
}
