/// A text in the two languages that people see.
public struct Label: Sendable, Hashable {
  public let english: String
  public let chinese: String

  package init(english: String, chinese: String) {
    self.english = english
    self.chinese = chinese
  }

  package init(_ english: String, _ chinese: String) { self.init(english: english, chinese: chinese) }
}

extension Label {
  package static var wholeRegion: Label { Label("the whole region", "全部区域") }
}

/// Something that has a name for people.
public protocol Labelled {
  var label: Label { get }
}
