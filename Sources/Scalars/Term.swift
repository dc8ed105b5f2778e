package import Bytes

/// A length of time as rules state it 期限: a number and a unit, for example `5wd`. What moment it leads to, the
/// calendar of the profile decides.
public struct Term: Sendable, Hashable, CustomStringConvertible {
  public enum Unit: String, Sendable, CaseIterable {
    /// Clock hour 小时.
    case hour = "h"
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

  /// No term at all: what an empty field holds.
  public static let unset = Term(0, .day)

  /// The longest that a unit may be counted, about a hundred years at most: beyond it a rule is a typing error.
  package static func countMax(_ unit: Unit) -> UInt32 {
    switch unit {
    case .hour, .day, .workingDay: 10_000
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
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = UInt32(digits), let unit = Unit(rawValue: String(text.dropFirst(digits.count))) else {
      throw RecordFault("\"\(text)\" is not a term: write a number and h, d, wd, m or y, for example 5wd")
    }
    guard count <= Self.countMax(unit) else {
      throw RecordFault("\"\(text)\" is too long for a term: at most \(Self.countMax(unit))\(unit.rawValue)")
    }
    self.init(count, unit)
  }

  public var description: String { "\(count)\(unit.rawValue)" }
}

/// The text.
extension Term: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: Term { .unset }
  package var isAbsent: Bool { self == .unset }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let text = try String(decoding: &reader)
    self = text.isEmpty ? .unset : try Term(parsing: text)
  }
  package func encode(into writer: inout ByteWriter) { description.encode(into: &writer) }
}
