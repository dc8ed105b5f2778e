/// Fields of a record that this version does not know, kept byte for byte through read and rewrite.
public struct UnknownFields: Sendable, Equatable {
  var encoded: [UInt8] = []

  public init() {}

  public var isEmpty: Bool { encoded.isEmpty }

  mutating func append(_ tag: WireTag, value: RawSpan) {
    var writer = ByteWriter(capacity: value.byteCount + 5)
    writer.appendVarint(UInt64(tag.rawValue))
    writer.append(value)
    encoded += writer.bytes()
  }
}

extension ByteWriter {
  /// Puts unknown fields among those written since `start`, so that numbers ascend as the canonical form asks.
  package mutating func merge(_ unknown: UnknownFields, since start: Int) {
    guard !unknown.isEmpty else { return }
    let known = Self.fields(of: bytes(from: start))
    let others = Self.fields(of: unknown.encoded)
    truncate(to: start)
    // A stable sort: repeated occurrences of one number keep their order.
    let all = (known + others).enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
    for (_, field) in all { append(field.bytes) }
  }

  private static func fields(of encoded: [UInt8]) -> [(number: UInt32, bytes: [UInt8])] {
    encoded.withRawSpan { span in
      var result: [(number: UInt32, bytes: [UInt8])] = []
      var reader = WireReader(span)
      do throws(RecordFault) {
        while let tag = try reader.nextTag() {
          var one = UnknownFields()
          try reader.skip(tag, into: &one)
          result.append((tag.number, one.encoded))
        }
      } catch {
        preconditionFailure("fields that were written or read before do not parse: \(error)")
      }
      return result
    }
  }
}
