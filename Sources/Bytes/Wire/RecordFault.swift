/// What is wrong with the bytes or the values of a record, and where.
package struct RecordFault: Error, Equatable, CustomStringConvertible {
  /// Names from the outermost record inwards, for example `photos.sha256`; empty: the record as a whole.
  package private(set) var path: String
  package let reason: String

  package init(path: String = "", _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The same fault, seen from the record that holds it in `field`.
  package func inside(_ field: StaticString) -> RecordFault {
    var outer = self
    outer.path = path.isEmpty ? "\(field)" : "\(field).\(path)"
    return outer
  }

  package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }
}
