package import Bytes

/// A civil date 日期 in the proleptic Gregorian calendar, as `2026-03-02`; years 1 to 9999.
public struct Date: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Days since 1970-01-01; `Int32.min` when unset.
  package let day: Int32

  /// No date at all: what an empty field holds.
  public static let unset = Date(day: .min)

  private static let first: Int32 = -719_162  // 0001-01-01
  private static let last: Int32 = 2_932_896  // 9999-12-31

  package init(day: Int32) { self.day = day }

  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.length(ofMonth: month, year: year)
    else { return nil }
    // Days of the year counted from 1 March, so that the leap day is the last one.
    let shifted = month > 2 ? year : year - 1
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    self.day = Int32(365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468)
  }

  public init?(_ text: String) {
    do throws(RecordFault) { self = try Date(parsing: text) } catch { return nil }
  }

  package init(parsing text: String) throws(RecordFault) {
    self = try Array(text.utf8).withRawSpan { (span) throws(RecordFault) in try Date(parsing: span) }
  }

  init(parsing span: RawSpan) throws(RecordFault) {
    let hyphen = UInt8(ascii: "-")
    guard span.byteCount == 10, span.littleEndian(at: 4) == hyphen, span.littleEndian(at: 7) == hyphen,
      let year = span.decimal(0..<4), let month = span.decimal(5..<7), let day = span.decimal(8..<10),
      let date = Date(year: Int(year), month: Int(month), day: Int(day))
    else {
      throw RecordFault(
        "\"\(span.text() ?? "")\" is not a date such as 2026-03-02", "“\(span.text() ?? "")”不是日期，例：2026-03-02")
    }
    self = date
  }

  package static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  public var components: (year: Int, month: Int, day: Int) {
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  /// 1 Monday … 7 Sunday.
  public var weekday: Int { Int((day % 7 + 10) % 7) + 1 }

  package func adding(days: Int) -> Date { Date(day: day + Int32(days)) }

  /// The same-numbered day `months` later, or that month's last day when it has none (Civil Code 202).
  package func adding(months: Int) -> Date {
    let parts = components
    let total = parts.year * 12 + parts.month - 1 + months
    let (year, month) = (total / 12, total % 12 + 1)
    return Date(year: year, month: month, day: min(parts.day, Self.length(ofMonth: month, year: year)))!
  }

  public static func < (left: Date, right: Date) -> Bool { left.day < right.day }

  public var description: String {
    if day == Self.unset.day { return "" }
    let parts = components
    return "\(parts.year.decimal(width: 4))-\(parts.month.decimal(width: 2))-\(parts.day.decimal(width: 2))"
  }
}

/// The ISO 8601 text.
extension Date: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: Date { .unset }
  package var isAbsent: Bool { self == .unset }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let span = try reader.readDelimited()
    self = span.isEmpty ? .unset : try Date(parsing: span)
  }
  package func encode(into writer: inout ByteWriter) {
    guard self != .unset else { return writer.appendVarint(0) }
    writer.appendVarint(10)
    let parts = components
    writer.appendDecimal(UInt64(parts.year), width: 4)
    writer.append(UInt8(ascii: "-"))
    writer.appendDecimal(UInt64(parts.month), width: 2)
    writer.append(UInt8(ascii: "-"))
    writer.appendDecimal(UInt64(parts.day), width: 2)
  }
}

extension Date: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) { day.encodeKey(into: &writer) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self.init(day: try Int32(decodingKey: &reader))
  }
}
