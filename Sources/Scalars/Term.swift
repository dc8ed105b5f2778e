package import Bytes

/// A length of time as rules state it 期限: a number and a unit, for example `5wd`. What moment it leads to, the
/// calendar of the profile decides.
public struct Term: Sendable, Hashable, CustomStringConvertible {
  public enum Unit: String, Sendable, CaseIterable {
    /// Clock hour 小时.
    case hour = "h"
    /// Working hour 工作时: an hour of a working day's hours, as the calendar has them.
    case workingHour = "wh"
    /// Natural day 日.
    case day = "d"
    /// Working day 工作日.
    case workingDay = "wd"
    /// Month 月.
    case month = "m"
    /// Year 年.
    case year = "y"
  }

  public let count: UInt32
  public let unit: Unit

  /// No term at all: what an empty field holds, and what no days are.
  public static let unset = Term(0, .day)

  /// More digits would not fit into the number that they are read into.
  private static var digitsMax: Int { 18 }

  /// The longest that a unit may be counted, about a hundred years at most: beyond it a rule is a typing error.
  package static func countMax(_ unit: Unit) -> UInt32 {
    switch unit {
    case .hour, .workingHour, .day, .workingDay: 10_000
    case .month: 1200
    case .year: 100
    }
  }

  public init(_ count: UInt32, _ unit: Unit) {
    self.count = count
    self.unit = unit
  }

  public init?(_ text: String) {
    do throws(RecordFault) { self = try Term(parsing: text) } catch { return nil }
  }

  package init(parsing text: String) throws(RecordFault) {
    self = try Array(text.utf8).withRawSpan { (span) throws(RecordFault) in try Term(parsing: span) }
  }

  init(parsing span: RawSpan) throws(RecordFault) {
    var digits = 0
    while digits < span.byteCount, span.decimal(digits..<digits + 1) != nil { digits += 1 }
    let rest = span.extracting(digits..<span.byteCount)
    guard (1...Self.digitsMax).contains(digits), let count = span.decimal(0..<digits),
      let unit = Unit.allCases.first(where: { rest.hasSameBytes(as: $0.rawValue) })
    else {
      let text = span.text() ?? ""
      throw RecordFault(
        "\"\(text)\" is not a term: write a number and h, wh, d, wd, m or y, for example 5wd",
        "“\(text)”不是期限，应为数字加h、wh、d、wd、m或y，例：5wd")
    }
    guard count <= Self.countMax(unit) else {
      throw RecordFault(
        "\"\(count)\(unit.rawValue)\" is too long for a term: at most \(Self.countMax(unit))\(unit.rawValue)",
        "期限“\(count)\(unit.rawValue)”过长，最长\(Self.countMax(unit))\(unit.rawValue)")
    }
    self.init(UInt32(count), unit)
  }

  public var description: String { "\(count)\(unit.rawValue)" }
}

/// The text.
extension Term: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: Term { .unset }
  package var isAbsent: Bool { self == .unset }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let span = try reader.readDelimited()
    self = span.isEmpty ? .unset : try Term(parsing: span)
  }
  package func encode(into writer: inout ByteWriter) {
    guard !isAbsent else { return writer.append(0) }
    writer.delimited {
      $0.appendDecimal(UInt64(count))
      $0.append(unit.rawValue)
    }
  }
}
