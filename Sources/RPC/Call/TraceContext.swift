/// Which trace a call belongs to, and which span of it made the call: a W3C `traceparent` of version 00.
///
/// It means nothing to the daemon but a name by which its log lines are found. It is kept as numbers: nearly every call has
/// none, and looking after strings that are not there would cost each of them.
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
  private let traceHigh: UInt64
  private let traceLow: UInt64
  private let spanNumber: UInt64
  /// Whether the caller records the trace.
  public let isSampled: Bool

  /// 16 bytes in hexadecimal, not all zero.
  public var trace: String { Self.hexadecimal(traceHigh) + Self.hexadecimal(traceLow) }
  /// 8 bytes in hexadecimal, not all zero.
  public var span: String { Self.hexadecimal(spanNumber) }

  /// 00-TRACE-SPAN-FLAGS; `nil` for anything else, which the specification says to pass over.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 4, parts.map(\.count) == [2, 32, 16, 2], parts[0].elementsEqual("00".utf8),
      let high = Self.number(parts[1].prefix(16)), let low = Self.number(parts[1].suffix(16)), high | low != 0,
      let span = Self.number(parts[2]), span != 0, let flags = Self.number(parts[3])
    else { return nil }
    (traceHigh, traceLow, spanNumber, isSampled) = (high, low, span, flags & 1 == 1)
  }

  private init(traceHigh: UInt64, traceLow: UInt64, spanNumber: UInt64, isSampled: Bool) {
    (self.traceHigh, self.traceLow, self.spanNumber) = (traceHigh, traceLow, spanNumber)
    self.isSampled = isSampled
  }

  /// The first span of a new trace.
  public static func random(isSampled: Bool) -> TraceContext {
    TraceContext(
      traceHigh: randomNumber(), traceLow: randomNumber(), spanNumber: randomNumber(), isSampled: isSampled)
  }

  /// A span below this one, for a call of its own.
  public func child() -> TraceContext {
    TraceContext(traceHigh: traceHigh, traceLow: traceLow, spanNumber: Self.randomNumber(), isSampled: isSampled)
  }

  public var description: String { "00-\(trace)-\(span)-\(isSampled ? "01" : "00")" }

  /// The number of at most 16 digits; capitals are none.
  private static func number(_ digits: some Collection<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      number = number << 4 | UInt64(value)
    }
    return number
  }

  /// 16 digits.
  private static func hexadecimal(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func randomNumber() -> UInt64 { .random(in: 1 ... .max) }
}
