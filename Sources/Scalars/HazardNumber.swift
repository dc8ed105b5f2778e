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
    let digits = Array(text.utf8)
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }), !digits.isEmpty else {
      throw RecordFault("a hazard number has digits only, not \"\(text)\"")
    }
    guard digits.count == 28 else { throw RecordFault("a hazard number has 28 digits, \(text) has \(digits.count)") }
    func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
    grid = try GridCode(checking: UInt64(number(0..<15)))
    guard let date = Date(year: number(15..<19), month: number(19..<21), day: number(21..<23)) else {
      throw RecordFault("hazard number \(text) has no date in digits 16 to 23")
    }
    self.date = date
    sequence = UInt32(number(23..<28))
    guard sequence > 0 else { throw RecordFault("hazard number \(text) has sequence 00000; it begins with 00001") }
  }

  public static func < (left: HazardNumber, right: HazardNumber) -> Bool {
    (left.grid, left.date, left.sequence) < (right.grid, right.date, right.sequence)
  }

  /// 28 digits.
  public var description: String {
    if sequence == 0 { return "" }
    return "\(grid)\(date.description.filter { $0 != "-" })\(Date.pad(Int(sequence), 5))"
  }
}

/// The 28 digits.
extension HazardNumber: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: HazardNumber { .unset }
  package var isAbsent: Bool { sequence == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let text = try String(decoding: &reader)
    self = text.isEmpty ? .unset : try HazardNumber(parsing: text)
  }
  package func encode(into writer: inout ByteWriter) { description.encode(into: &writer) }
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
