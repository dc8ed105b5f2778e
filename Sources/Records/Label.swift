/// A text in the two languages that people see.
public struct Label: Sendable, Hashable {
  public let english: String
  public let chinese: String

  package init(english: String, chinese: String) {
    self.english = english
    self.chinese = chinese
  }
}

/// Something that has a name for people.
public protocol Labelled {
  var label: Label { get }
}
