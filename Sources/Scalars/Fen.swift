package import Bytes

/// An amount of money in 0.01 yuan 分.
public struct Fen: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let rawValue: Int64

  public static let unset = Fen(0)

  public init(_ rawValue: Int64) { self.rawValue = rawValue }

  public static func < (left: Fen, right: Fen) -> Bool { left.rawValue < right.rawValue }

  /// Yuan with two decimals.
  public var description: String {
    let magnitude = rawValue.magnitude
    return "\(rawValue < 0 ? "-" : "")\(magnitude / 100).\((Int(magnitude % 100)).decimal(width: 2))"
  }
}

/// `sint64`
extension Fen: WireValue {
  package static var wireType: WireType { .varint }
  package static var absent: Fen { .unset }
  package var isAbsent: Bool { rawValue == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) { self.init(try Int64(decoding: &reader)) }
  package func encode(into writer: inout ByteWriter) { rawValue.encode(into: &writer) }
}
