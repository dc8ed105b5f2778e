internal import CFileLog

/// What this process does to the files below a folder, call by call, in the order in which it took effect.
///
/// The calls are noted underneath everything, where the program leaves for the kernel: what the product forgets to do is
/// missing here, too.
///
/// Safe to share: the shim locks inside.
@safe
package final class FileLog: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Whether calls can be noted at all: not under a sanitizer.
  package static var isPresent: Bool { file_log_is_present() }

  /// - Parameter folder: its real path. What it holds already comes first, as if it had been made and synced just now.
  package init(of folder: String) {
    // Safe, here and below: the log lives as long as this object; strings are copied.
    unsafe handle = file_log_begin(folder)
  }

  deinit { unsafe file_log_end(handle) }

  /// Kinds of calls that can be made to fail.
  package struct Calls: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let writes = Calls(rawValue: Int32(bitPattern: FAULT_OF_WRITES.rawValue))
    package static let syncs = Calls(rawValue: Int32(bitPattern: FAULT_OF_SYNCS.rawValue))
    /// Of files, folders, and room in files.
    package static let allocations = Calls(rawValue: Int32(bitPattern: FAULT_OF_ALLOCATIONS.rawValue))
    /// Of files that are there, to write into them.
    package static let openings = Calls(rawValue: Int32(bitPattern: FAULT_OF_OPENINGS.rawValue))
    package static let all: Calls = [.writes, .syncs, .allocations, .names, .openings]
    /// Renames and removals.
    package static let names = Calls(rawValue: Int32(bitPattern: FAULT_OF_NAMES.rawValue))
  }

  /// Makes calls fail without any effect, by their number, counted from 1 and from now.
  ///
  /// - Parameter code: `errno`
  package func fail(_ calls: Calls, from first: Int, through last: Int, code: Int32) {
    unsafe file_log_fail(handle, calls.rawValue, UInt64(first), UInt64(last), code)
  }

  /// Nothing fails any more.
  package func heal() { fail([], from: 1, through: 1, code: 0) }

  /// How many calls have failed since it was asked for.
  package var faultCount: UInt64 { unsafe file_log_fault_count(handle) }

  /// Puts a number between the operations.
  package func note(_ number: UInt64) { unsafe file_log_note(handle, number) }

  /// Notes what was written through memory maps so far.
  package func observeMaps() { unsafe file_log_observe_maps(handle) }

  /// Operations since they were taken the last time.
  package var count: Int { unsafe file_log_count(handle) }

  /// The operations since the last time.
  package func take() -> [FileOperation] {
    let operations = unsafe (0..<file_log_count(handle)).map { index in
      unsafe FileOperation(file_log_operation(handle, index))
    }
    unsafe file_log_clear(handle)
    return operations
  }
}

/// A call that changes files or makes changes durable. Files go by their inodes, which may be used again for a file that
/// is created later; names are relative to the log's folder, "" being that folder.
package enum FileOperation: Sendable, Equatable {
  case created(inode: UInt64, name: String)
  case written(inode: UInt64, offset: Int, bytes: [UInt8])
  case resized(inode: UInt64, size: Int)
  case synced(inode: UInt64)
  case syncFailed(inode: UInt64)
  case folderCreated(String)
  case folderRemoved(String)
  case folderSynced(String)
  case renamed(String, to: String)
  case removed(String)
  /// What the test put there.
  case noted(UInt64)
}

extension FileOperation {
  fileprivate init(_ operation: file_operation) {
    // Safe: names and bytes are there until the log is cleared.
    func name(_ text: UnsafePointer<CChar>?) -> String { unsafe text.map { unsafe String(cString: $0) } ?? "" }
    let (inode, name, offset) = unsafe (operation.inode, name(operation.name), Int(operation.offset))
    switch unsafe file_operation_kind(UInt32(operation.kind)) {
    case FILE_CREATED: self = .created(inode: inode, name: name)
    case FILE_WRITTEN:
      let bytes = unsafe Array(UnsafeBufferPointer(start: operation.bytes, count: Int(operation.length)))
      self = .written(inode: inode, offset: offset, bytes: bytes)
    case FILE_RESIZED: self = .resized(inode: inode, size: offset)
    case FILE_SYNCED: self = .synced(inode: inode)
    case FILE_SYNC_FAILED: self = .syncFailed(inode: inode)
    case FOLDER_CREATED: self = .folderCreated(name)
    case FOLDER_REMOVED: self = .folderRemoved(name)
    case FOLDER_SYNCED: self = .folderSynced(name)
    case NAME_CHANGED: self = unsafe .renamed(name, to: String(cString: operation.new_name))
    case NAME_REMOVED: self = .removed(name)
    default: self = .noted(UInt64(offset))
    }
  }
}
