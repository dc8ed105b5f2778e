/// The part of a file system that the journal needs: one folder with files in it. Tests put their own behind it, to
/// cut the power or to fail a write.
package protocol Disk: Sendable {
  associatedtype File: DiskFile
  /// Names of the files in the folder.
  func list() throws(JournalError) -> [String]
  /// Opens a file to read it, which must go on when nothing can be written any more.
  func open(_ name: String) throws(JournalError) -> File
  func openForWriting(_ name: String) throws(JournalError) -> File
  /// Makes a file of `size` zero bytes whose blocks exist; one of the same name is replaced.
  func create(_ name: String, size: Int) throws(JournalError) -> File
  func rename(_ name: String, to newName: String) throws(JournalError)
  func remove(_ name: String) throws(JournalError)
  /// Makes creations, renames and removals durable.
  func synchronizeFolder() throws(JournalError)
}

/// An open file; it may be read on one thread while another writes.
package protocol DiskFile: Sendable {
  var name: String { get }
  func size() throws(JournalError) -> Int
  /// The bytes at `offset`; fewer than `count` only at the end of the file.
  func read(at offset: Int, count: Int) throws(JournalError) -> [UInt8]
  func write(_ span: RawSpan, at offset: Int) throws(JournalError)
  /// Makes everything written so far durable. After a failure nothing is known about the file's content on disk.
  func synchronize() throws(JournalError)
}

/// What the operating system answered instead of success.
package struct DiskError: Error, Equatable, CustomStringConvertible {
  /// `errno`
  package let code: Int32
  /// What was being done to which file.
  package let operation: String
  package let text: String

  package init(code: Int32, operation: String, text: String) {
    self.code = code
    self.operation = operation
    self.text = text
  }

  package var description: String { "\(operation): \(text)" }
}
