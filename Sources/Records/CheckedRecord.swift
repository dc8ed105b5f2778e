package import Bytes
package import Scalars

/// A record that knows the limits which the IDL sets for its fields.
package protocol CheckedRecord: WireRecord {
  /// Throws the first field that is missing, malformed or outside its limits.
  func check() throws(RecordFault)
  /// Whether the record, or one inside it, holds fields that this version does not know.
  var hasUnknownFields: Bool { get }
  /// Whether a field of the record, or of one inside it, is `@sensitive`.
  static var hasSensitiveFields: Bool { get }
  /// Empties the `@sensitive` fields, here and in the records inside, as far as this sight is not shown them; what this version
  /// does not know goes with them, as it may be sensitive as well.
  mutating func mask(for sight: Sight)
}

extension CheckedRecord {
  /// The record whose encoding is the whole span, if it keeps its limits.
  package init(checking span: RawSpan) throws(RecordFault) {
    try self.init(encoded: span)
    try check()
  }

  package static var hasSensitiveFields: Bool { false }
  package mutating func mask(for _: Sight) {}
}

/// A pattern of the IDL (`@pattern`): parts matched from the left, without going back.
package struct TextPattern: Sendable {
  package struct Part: Sendable {
    let ranges: [ClosedRange<UInt8>]
    let min: Int
    let max: Int?

    package init(_ ranges: [ClosedRange<UInt8>], min: Int, max: Int?) {
      self.ranges = ranges
      self.min = min
      self.max = max
    }
  }

  let source: String
  private let parts: [Part]

  package init(_ source: String, _ parts: [Part]) {
    self.source = source
    self.parts = parts
  }

  func matches(_ text: String) -> Bool {
    var rest = Substring(text).utf8
    for part in parts {
      var count = 0
      while count < part.max ?? .max, let byte = rest.first, part.ranges.contains(where: { $0.contains(byte) }) {
        rest.removeFirst()
        count += 1
      }
      if count < part.min { return false }
    }
    return rest.isEmpty
  }
}

/// What the generated checks are made of: one function for each kind of field.
package enum FieldCheck {
  package static func check(
    _ field: StaticString, _ text: String?, length: ClosedRange<Int>, pattern: TextPattern? = nil
  ) throws(RecordFault) {
    guard let text else { return }
    // The count of scalars lies between a quarter of the bytes and the bytes: count only when that does not decide.
    let bytes = text.utf8.count
    if bytes > length.upperBound || bytes < length.lowerBound * 4 {
      try check(field, count: text.unicodeScalars.count, length, "characters")
    }
    if text.holdsNull { throw RecordFault("holds the character U+0000", "含有字符U+0000").inside(field) }
    if let pattern, !pattern.matches(text) {
      throw RecordFault("\"\(text)\" is not of the form \(pattern.source)", "“\(text)”不符合格式\(pattern.source)").inside(
        field)
    }
  }

  package static func check(_ field: StaticString, _ bytes: [UInt8]?, length: ClosedRange<Int>) throws(RecordFault) {
    if let bytes { try check(field, count: bytes.count, length, "bytes") }
  }

  package static func check(
    _ field: StaticString, _ texts: [String], length: ClosedRange<Int>, each: ClosedRange<Int>
  ) throws(RecordFault) {
    try check(field, count: texts.count, length, "elements")
    for text in texts { try check(field, text, length: each) }
  }

  package static func check(
    _ field: StaticString, _ values: [[UInt8]], length: ClosedRange<Int>, each: ClosedRange<Int>
  ) throws(RecordFault) {
    try check(field, count: values.count, length, "elements")
    for bytes in values { try check(field, bytes, length: each) }
  }

  package static func check<Element: WireEnum>(
    _ field: StaticString, _ values: [Element], length: ClosedRange<Int>
  ) throws(RecordFault) {
    try check(field, count: values.count, length, "elements")
    for value in values { try check(field, value) }
  }

  package static func check<Element: WireValue>(
    _ field: StaticString, _ values: [Element], length: ClosedRange<Int>
  ) throws(RecordFault) {
    try check(field, count: values.count, length, "elements")
    for value in values { try check(field, value) }
  }

  package static func check<Element: CheckedRecord>(
    _ field: StaticString, _ records: [Element], length: ClosedRange<Int>
  ) throws(RecordFault) {
    try check(field, count: records.count, length, "elements")
    for record in records { try check(field, record) }
  }

  package static func check<Element: CheckedRecord>(_ field: StaticString, _ record: Element?) throws(RecordFault) {
    guard let record else { return }
    do throws(RecordFault) { try record.check() } catch { throw error.inside(field) }
  }

  /// An enum must say something that this version knows: a newer value would acquire its meaning after an upgrade.
  package static func check<Value: WireEnum>(
    _ field: StaticString, _ value: Value?
  ) throws(RecordFault) {
    guard let value else { return }
    if value.isAbsent { throw RecordFault("is missing", "缺失").inside(field) }
    guard value.isKnown else {
      throw RecordFault("\(value.number) is no value that this version knows", "本版本没有取值\(value.number)").inside(field)
    }
  }

  /// A domain scalar must be there; that it is well formed was seen when it was read.
  package static func check<Value: WireValue>(_ field: StaticString, _ value: Value?) throws(RecordFault) {
    if let value, value.isAbsent { throw RecordFault("is missing", "缺失").inside(field) }
  }

  /// No amount of money is wrong by itself, not even none.
  package static func check(_ field: StaticString, _ value: Fen?) throws(RecordFault) {}

  package static func check<Number: BinaryInteger & Sendable>(
    _ field: StaticString, _ value: Number?, from: Int64?, to: Int64?
  ) throws(RecordFault) {
    guard let value else { return }
    if let from, value < from { throw RecordFault("\(value) is less than \(from)", "\(value)小于\(from)").inside(field) }
    if let to, value > to { throw RecordFault("\(value) is more than \(to)", "\(value)大于\(to)").inside(field) }
  }

  package static func check(_ field: StaticString, _ value: Double?, from: Int64?, to: Int64?) throws(RecordFault) {
    guard let value else { return }
    guard value.isFinite else { throw RecordFault("\(value) is not a number", "\(value)不是数").inside(field) }
    if let from, value < Double(from) {
      throw RecordFault("\(value) is less than \(from)", "\(value)小于\(from)").inside(field)
    }
    if let to, value > Double(to) { throw RecordFault("\(value) is more than \(to)", "\(value)大于\(to)").inside(field) }
  }

  private static func chinese(_ unit: String) -> String {
    switch unit {
    case "characters": "个字符"
    case "bytes": "字节"
    default: "项"
    }
  }

  /// The length alone: any number or truth may stand in a list, zero and false too.
  package static func check(
    _ field: StaticString, count: Int, _ length: ClosedRange<Int>, _ unit: String = "elements"
  ) throws(RecordFault) {
    if count == 0, length.lowerBound > 0 { throw RecordFault("is missing", "缺失").inside(field) }
    guard length.contains(count) else {
      let wanted =
        length.lowerBound == length.upperBound ? "\(length.lowerBound)" : "\(length.lowerBound) to \(length.upperBound)"
      throw RecordFault(
        "has \(count) \(unit); \(wanted) are allowed",
        "有\(count)\(chinese(unit))，允许\(wanted.replacing(" to ", with: "至"))\(chinese(unit))"
      ).inside(field)
    }
  }
}
