package import Bytes

/// The code of a grid 网格编码: 15 digits, six for the county, three each for township, village and cell
/// (GB/T 30428.1 layout; the first 12 are the statistical division code of GB/T 2260 and GB/T 10114).
///
/// Upper levels are filled with zeros: county `421222000000000`, township `421222100000000`, village
/// `421222100001000`, cell `421222100001001`. As a number it sorts so that a subtree is one range.
public struct GridCode: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The 15 digits as a number; 0 when unset.
  public let rawValue: UInt64

  /// No code at all: what an empty field holds.
  public static let unset = GridCode(unchecked: 0)

  /// Any number, well-formed or not: for bounds of ranges and for our own constants.
  package init(unchecked rawValue: UInt64) { self.rawValue = rawValue }

  /// The well-formed code that the 15 digits spell.
  public init?(_ text: String) {
    do throws(RecordFault) { self = try GridCode(parsing: text) } catch { return nil }
  }

  /// The grid of a division code 区划代码 of a county, township or village (GB/T 2260, GB/T 10114): the same digits, with
  /// the zeros of the levels below.
  package init(division code: String) throws(RecordFault) {
    guard Self.divisionDigits.contains(code.utf8.count) else {
      throw RecordFault(
        "a division code has 6, 9 or 12 digits, \(code) has \(code.utf8.count)",
        "区划代码为6、9或12位，\(code)有\(code.utf8.count)位")
    }
    try self.init(parsing: Self.filled(code))
  }

  private static let divisionDigits = [6, 9, 12]

  private static func filled(_ code: String) -> String {
    code + String(repeating: "0", count: 15 - code.utf8.count)
  }

  package init(parsing text: String) throws(RecordFault) {
    let digits = Array(text.utf8)
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }), !digits.isEmpty else {
      throw RecordFault("a grid code has digits only, not \"\(text)\"", "网格编码只能是数字，不能是“\(text)”")
    }
    guard digits.count == 15 else {
      let isDivision = Self.divisionDigits.contains(digits.count)
      throw RecordFault(
        "a grid code has 15 digits, \(text) has \(digits.count)"
          + (isDivision ? "; as a division code it is grid \(Self.filled(text))" : ""),
        "网格编码为15位，\(text)有\(digits.count)位" + (isDivision ? "，作为区划代码对应网格\(Self.filled(text))" : ""))
    }
    try self.init(checking: digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) })
  }

  package init(checking rawValue: UInt64) throws(RecordFault) {
    self.rawValue = rawValue
    guard rawValue >= 110_000_000_000_000, rawValue < 830_000_000_000_000 else {
      throw RecordFault(
        "\(rawValue) is not a grid code: it begins with a province from 11 to 82", "\(rawValue)不是网格编码，前两位应为11至82的省级代码")
    }
    let parts = segments
    if parts.township == 0, parts.village != 0 || parts.cell != 0 {
      throw RecordFault(
        "grid code \(self) has a village or cell part, but no township part", "网格编码\(self)有村级或网格段，没有乡级段")
    }
    if parts.village == 0, parts.cell != 0 {
      throw RecordFault("grid code \(self) has a cell part, but no village part", "网格编码\(self)有网格段，没有村级段")
    }
  }

  private var segments: (county: UInt64, township: UInt64, village: UInt64, cell: UInt64) {
    (rawValue / 1_000_000_000, rawValue / 1_000_000 % 1000, rawValue / 1000 % 1000, rawValue % 1000)
  }

  /// 1 county, 2 township, 3 village, 4 cell. A county whose own digits end in 00 (Dongguan 441900) is a county all
  /// the same: only whole three-digit parts count.
  public var depth: Int {
    let parts = segments
    if parts.cell != 0 { return 4 }
    if parts.village != 0 { return 3 }
    return parts.township != 0 ? 2 : 1
  }

  /// The node above; `nil` for a county.
  public var parent: GridCode? { depth == 1 ? nil : ancestor(atDepth: depth - 1) }

  /// The node of that level on the way up; itself when it stands there or above.
  public func ancestor(atDepth wanted: Int) -> GridCode {
    let size = Self.subtreeSize(atDepth: min(wanted, depth))
    return GridCode(unchecked: rawValue / size * size)
  }

  /// From the county down to the node itself: one to four codes.
  package var ancestorsAndSelf: [GridCode] {
    (1...depth).map { ancestor(atDepth: $0) }
  }

  /// The node and everything below it, as one range of codes.
  public var subtree: ClosedRange<GridCode> {
    self...GridCode(unchecked: rawValue + Self.subtreeSize(atDepth: depth) - 1)
  }

  /// Whether `other` is this node or lies below it.
  public func contains(_ other: GridCode) -> Bool { subtree.contains(other) }

  /// How many codes lie from one node of this level to the next.
  private static func subtreeSize(atDepth depth: Int) -> UInt64 {
    switch depth {
    case 1: 1_000_000_000
    case 2: 1_000_000
    case 3: 1000
    default: 1
    }
  }

  public static func < (left: GridCode, right: GridCode) -> Bool { left.rawValue < right.rawValue }

  /// 15 digits.
  public var description: String {
    rawValue.decimal(width: 15)
  }
}

/// `fixed64`: shorter to read than the eight-byte varint that such numbers are, and ProtoJSON writes it as the digits.
extension GridCode: WireValue {
  package static var wireType: WireType { .fixed64 }
  package static var absent: GridCode { .unset }
  package var isAbsent: Bool { rawValue == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let raw = try reader.readFixed64()
    if raw == 0 { self = .unset } else { try self.init(checking: raw) }
  }
  package func encode(into writer: inout ByteWriter) { writer.appendLittleEndian(rawValue) }
}

extension GridCode: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) { writer.appendBigEndian(rawValue) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self.init(unchecked: try reader.bigEndian())
  }
}
