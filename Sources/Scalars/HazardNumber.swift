package import Bytes

/// The number of a hazard 隐患编号: 28 digits, the grid where it was born (15), the local date of submission (8) and
/// a sequence within both (5). It never changes, also when the place is corrected later.
public struct HazardNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let grid: GridCode
  public let date: Date
  /// 1 to 99,999.
  public let sequence: UInt32

  package static let sequenceMax: UInt32 = 99_999

  /// No number at all: what an empty field holds.
  public static let unset = HazardNumber(grid: .unset, date: .unset, sequence: 0)

  package init(grid: GridCode, date: Date, sequence: UInt32) {
    self.grid = grid
    self.date = date
    self.sequence = sequence
  }

  public init?(_ text: String) {
    do throws(RecordFault) { self = try HazardNumber(parsing: text) } catch { return nil }
  }

  package init(parsing text: String) throws(RecordFault) {
    self = try Array(text.utf8).withRawSpan { (span) throws(RecordFault) in try HazardNumber(parsing: span) }
  }

  init(parsing span: RawSpan) throws(RecordFault) {
    guard span.byteCount == 28, let grid = span.decimal(0..<15), let year = span.decimal(15..<19),
      let month = span.decimal(19..<21), let day = span.decimal(21..<23), let sequence = span.decimal(23..<28)
    else {
      let text = span.text() ?? ""
      guard span.decimal(0..<span.byteCount) != nil, !span.isEmpty else {
        throw RecordFault("a hazard number has digits only, not \"\(text)\"", "案卷编号只能是数字，不能是“\(text)”")
      }
      throw RecordFault(
        "a hazard number has 28 digits, \(text) has \(span.byteCount)", "案卷编号为28位，\(text)有\(span.byteCount)位")
    }
    self.grid = try GridCode(checking: grid)
    guard let date = Date(year: Int(year), month: Int(month), day: Int(day)) else {
      throw RecordFault(
        "hazard number \(span.text() ?? "") has no date in digits 16 to 23", "案卷编号\(span.text() ?? "")第16至23位不是日期")
    }
    guard sequence > 0 else {
      throw RecordFault(
        "hazard number \(span.text() ?? "") has sequence 00000; it begins with 00001",
        "案卷编号\(span.text() ?? "")的序号为00000，应自00001起")
    }
    self.date = date
    self.sequence = UInt32(sequence)
  }

  public static func < (left: HazardNumber, right: HazardNumber) -> Bool {
    (left.grid, left.date, left.sequence) < (right.grid, right.date, right.sequence)
  }

  /// 28 digits.
  public var description: String {
    var writer = ByteWriter(capacity: 28)
    appendDigits(to: &writer)
    return String(decoding: writer.bytes(), as: UTF8.self)
  }

  private func appendDigits(to writer: inout ByteWriter) {
    guard sequence != 0 else { return }
    let day = date.components
    writer.appendDecimal(grid.rawValue, width: 15)
    writer.appendDecimal(UInt64(day.year * 10_000 + day.month * 100 + day.day), width: 8)
    writer.appendDecimal(UInt64(sequence), width: 5)
  }
}

/// The 28 digits.
extension HazardNumber: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: HazardNumber { .unset }
  package var isAbsent: Bool { sequence == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let span = try reader.readDelimited()
    self = span.isEmpty ? .unset : try HazardNumber(parsing: span)
  }
  package func encode(into writer: inout ByteWriter) {
    writer.appendVarint(isAbsent ? 0 : 28)
    appendDigits(to: &writer)
  }
}

/// Grid, date, sequence: hazards of a subtree are one range, and inside a grid they stand in the order of time.
extension HazardNumber: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) {
    grid.encodeKey(into: &writer)
    date.encodeKey(into: &writer)
    sequence.encodeKey(into: &writer)
  }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self.init(
      grid: try GridCode(decodingKey: &reader), date: try Date(decodingKey: &reader),
      sequence: try UInt32(decodingKey: &reader))
  }
}
