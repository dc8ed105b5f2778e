import Example
import Glibc

/// The seed of a property test: `SEED` in the environment repeats a run, otherwise it is always the same.
package func testSeed(_ offset: UInt64 = 0) -> UInt64 {
  // Safe: the string is copied at once.
  let text = unsafe getenv("SEED").map { unsafe String(cString: $0) }
  return (text.flatMap(UInt64.init) ?? 20_261_122) &+ offset
}

/// A folder that goes with the test.
package final class TemporaryFolder: Sendable {
  package let path: String

  /// - Parameter isInMemory: in a file system without a disk, where a machine has one: for thousands of syncs.
  package init(isInMemory: Bool = false) {
    // Safe: the path is valid for the call.
    let parent = unsafe isInMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/safegrid-test-XXXXXX".utf8CString)
    // Safe: the template is a string with its end, which the call changes in place.
    guard unsafe mkdtemp(&template) != nil else {
      preconditionFailure("cannot make a folder in \(parent): errno \(errno)")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    // A thread that a test has left behind may still make files.
    for _ in 0..<100 where unsafe access(path, F_OK) == 0 { remove(path) }
  }

  /// Removes the folder with all that is in it.
  private func remove(_ path: String) {
    // Safe: the entries are copied before the next call.
    if let folder = unsafe opendir(path) {
      // First all names: in memory, a folder that shrinks while it is read skips some.
      var names: [String] = []
      while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      unsafe closedir(folder)
      for name in names { remove("\(path)/\(name)") }
      _ = unsafe rmdir(path)
    } else {
      _ = unsafe unlink(path)
    }
  }
}
