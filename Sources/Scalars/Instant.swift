package import Bytes

/// A moment, in whole milliseconds of UTC since 1970. People see it in China Standard Time (UTC+8, no summer time
/// since 1991): the local calendar date is ``localDate``.
public struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let millisecondsSince1970: Int64

  /// No moment at all: what an empty field holds.
  public static let unset = Instant(millisecondsSince1970: 0)

  /// The last millisecond that can be written.
  package static let last = Instant(millisecondsSince1970: secondsRange.upperBound * 1000 + 999)

  private static let localOffset: Int64 = 8 * 3_600_000
  package static let millisecondsPerDay: Int64 = 86_400_000
  private static let secondsPerDay: Int64 = 86_400
  /// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the bounds of a Timestamp.
  private static var secondsRange: ClosedRange<Int64> { -62_135_596_800...253_402_300_799 }
  private static var outside: RecordFault {
    RecordFault("the time lies outside the years 1 to 9999", "时间不在公元1年至9999年之间")
  }

  public init(millisecondsSince1970: Int64) { self.millisecondsSince1970 = millisecondsSince1970 }

  /// RFC 3339, with any offset and at most milliseconds.
  public init?(_ text: String) {
    do throws(RecordFault) { self = try Instant(parsing: text) } catch { return nil }
  }

  package init(parsing text: String) throws(RecordFault) {
    func number(_ part: Substring) -> Int64? {
      !part.isEmpty && part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int64(part) : nil
    }
    var fault: RecordFault {
      RecordFault("\"\(text)\" is not a time such as 2026-03-02T08:30:00Z", "“\(text)”不是时间，例：2026-03-02T08:30:00Z")
    }
    guard text.utf8.count >= 20, text.utf8.count <= 35, let date = Date(String(text.prefix(10))) else { throw fault }
    let rest = text.dropFirst(10)
    guard rest.first == "T" || rest.first == "t" else { throw fault }
    let clock = rest.dropFirst().prefix(8).split(separator: ":", omittingEmptySubsequences: false)
    guard clock.map(\.utf8.count) == [2, 2, 2], let hour = number(clock[0]), let minute = number(clock[1]),
      let second = number(clock[2]), hour < 24, minute < 60, second < 60
    else { throw fault }
    var tail = rest.dropFirst(9)
    var milliseconds: Int64 = 0
    if tail.first == "." {
      let digits = tail.dropFirst().prefix { $0.isASCII && $0.isNumber }
      guard (1...9).contains(digits.count) else { throw fault }
      guard digits.dropFirst(3).allSatisfy({ $0 == "0" }) else {
        throw RecordFault("\"\(text)\" is finer than a millisecond", "“\(text)”精度高于毫秒")
      }
      milliseconds = number((digits + "00").prefix(3))!
      tail = tail.dropFirst(1 + digits.count)
    }
    var offset: Int64 = 0
    if tail != "Z", tail != "z" {
      let parts = tail.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
      guard let sign = tail.first, sign == "+" || sign == "-", parts.map(\.utf8.count) == [2, 2],
        let hours = number(parts[0]), let minutes = number(parts[1]), hours < 24, minutes < 60
      else { throw fault }
      offset = (hours * 60 + minutes) * (sign == "+" ? 60 : -60)
    }
    let seconds = Int64(date.day) * Self.secondsPerDay + (hour * 60 + minute) * 60 + second - offset
    guard Self.secondsRange.contains(seconds) else { throw Self.outside }
    millisecondsSince1970 = seconds * 1000 + milliseconds
  }

  /// The civil date in China at this moment.
  public var localDate: Date {
    let shifted = millisecondsSince1970 + Self.localOffset
    return Date(
      day: Int32(shifted >= 0 ? shifted / Self.millisecondsPerDay : (shifted + 1) / Self.millisecondsPerDay - 1))
  }

  /// The moment when the local date begins.
  package init(startOf date: Date) {
    millisecondsSince1970 = Int64(date.day) * Self.millisecondsPerDay - Self.localOffset
  }

  /// The last millisecond of the local date.
  package init(endOf date: Date) {
    millisecondsSince1970 = Instant(startOf: date.adding(days: 1)).millisecondsSince1970 - 1
  }

  package func adding(milliseconds: Int64) -> Instant {
    Instant(millisecondsSince1970: millisecondsSince1970 + milliseconds)
  }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.millisecondsSince1970 < right.millisecondsSince1970
  }

  /// RFC 3339 in UTC; milliseconds only when there are some.
  public var description: String { Self.text(millisecondsSince1970) + "Z" }

  /// RFC 3339 with China's offset, to the second: for people.
  public var localDescription: String {
    let seconds = millisecondsSince1970 - (millisecondsSince1970 % 1000 + 1000) % 1000
    return String(Self.text(seconds + Self.localOffset).map { $0 == "T" ? " " : $0 })
  }

  private static func text(_ milliseconds: Int64) -> String {
    var day = milliseconds / millisecondsPerDay
    var rest = milliseconds % millisecondsPerDay
    if rest < 0 {
      rest += millisecondsPerDay
      day -= 1
    }
    let (seconds, fraction) = (Int(rest / 1000), Int(rest % 1000))
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { ($0).decimal(width: 2) }.joined(separator: ":")
    return "\(Date(day: Int32(day)))T\(clock)" + (fraction == 0 ? "" : ".\(fraction.decimal(width: 3))")
  }
}

/// `google.protobuf.Timestamp`: seconds (int64, 1) and nanoseconds (int32, 2), so that ProtoJSON is RFC 3339.
extension Instant: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: Instant { .unset }
  package var isAbsent: Bool { self == .unset }

  package init(decoding reader: inout WireReader) throws(RecordFault) {
    var nested = try reader.readNested()
    var seconds: Int64 = 0
    var nanoseconds: Int64 = 0
    var unknown = UnknownFields()
    while let tag = try nested.nextTag() {
      switch tag.rawValue {
      case 8: seconds = Int64(bitPattern: try nested.readVarint())
      case 16: nanoseconds = Int64(bitPattern: try nested.readVarint())
      default: try nested.skip(tag, into: &unknown)
      }
    }
    guard Self.secondsRange.contains(seconds), (0...999_999_999).contains(nanoseconds) else { throw Self.outside }
    guard nanoseconds % 1_000_000 == 0 else { throw RecordFault("the time is finer than a millisecond", "时间精度高于毫秒") }
    self.init(millisecondsSince1970: seconds * 1000 + nanoseconds / 1_000_000)
  }

  package func encode(into writer: inout ByteWriter) {
    let fraction = (millisecondsSince1970 % 1000 + 1000) % 1000
    let seconds = (millisecondsSince1970 - fraction) / 1000
    writer.delimited { nested in
      nested.field(1, UInt64(bitPattern: seconds))
      nested.field(2, UInt64(fraction) * 1_000_000)
    }
  }
}

extension Instant: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) { millisecondsSince1970.encodeKey(into: &writer) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self.init(millisecondsSince1970: try Int64(decodingKey: &reader))
  }
}
