/// What is wrong with the bytes or the values of a record, and where.
package struct RecordFault: Error, Equatable, CustomStringConvertible {
  /// Names from the outermost record inwards, for example `photos.sha256`; empty: the record as a whole.
  package private(set) var path: String
  private let texts: Texts

  /// In its own place, so that no path on which nothing is wrong carries it.
  private final class Texts: Sendable {
    let english: String
    let chinese: String

    init(english: String, chinese: String) {
      self.english = english
      self.chinese = chinese
    }
  }

  package init(path: String = "", _ reason: String, _ chinese: String) {
    self.path = path
    texts = Texts(english: reason, chinese: chinese)
  }

  package var reason: String { texts.english }
  /// The reason in Chinese.
  package var chinese: String { texts.chinese }

  package static func == (left: RecordFault, right: RecordFault) -> Bool {
    left.path == right.path && left.reason == right.reason && left.chinese == right.chinese
  }

  /// The same fault, seen from the record that holds it in `field`.
  package func inside(_ field: StaticString) -> RecordFault {
    var outer = self
    outer.path = path.isEmpty ? "\(field)" : "\(field).\(path)"
    return outer
  }

  package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }
}
