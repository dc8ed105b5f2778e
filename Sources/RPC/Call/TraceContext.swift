/// Which trace a call belongs to, and which span of it made the call: a W3C `traceparent` of version 00.
///
/// It means nothing to the daemon but a name by which its log lines are found.
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
  /// 16 bytes in hexadecimal, not all zero.
  public let trace: String
  /// 8 bytes in hexadecimal, not all zero.
  public let span: String
  /// Whether the caller records the trace.
  public let isSampled: Bool

  /// 00-TRACE-SPAN-FLAGS; `nil` for anything else, which the specification says to pass over.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard text.utf8.count == Self.byteCount, parts.count == 4, parts[0] == "00",
      Self.isIdentifier(parts[1], digits: 32), Self.isIdentifier(parts[2], digits: 16), Self.isHexadecimal(parts[3]),
      let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    (trace, span, isSampled) = (parts[1], parts[2], flags & 1 == 1)
  }

  private init(trace: String, span: String, isSampled: Bool) {
    (self.trace, self.span, self.isSampled) = (trace, span, isSampled)
  }

  /// The first span of a new trace.
  public static func random(isSampled: Bool) -> TraceContext {
    TraceContext(
      trace: randomHexadecimal() + randomHexadecimal(), span: randomHexadecimal(), isSampled: isSampled)
  }

  /// A span below this one, for a call of its own.
  public func child() -> TraceContext {
    TraceContext(trace: trace, span: Self.randomHexadecimal(), isSampled: isSampled)
  }

  public var description: String { "00-\(trace)-\(span)-\(isSampled ? "01" : "00")" }

  static let byteCount = 55

  private static func isHexadecimal(_ text: String) -> Bool {
    text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 || (UInt8(ascii: "a")...UInt8(ascii: "f")) ~= $0
    }
  }

  private static func isIdentifier(_ text: String, digits: Int) -> Bool {
    text.utf8.count == digits && isHexadecimal(text) && text.utf8.contains { $0 != UInt8(ascii: "0") }
  }

  /// 8 bytes, not all zero.
  private static func randomHexadecimal() -> String {
    let text = String(UInt64.random(in: 1 ... .max), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
