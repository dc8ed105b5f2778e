/// How the bytes after a tag are delimited (protobuf wire types; groups, 3 and 4, are not used).
package enum WireType: UInt32, Sendable {
  case varint = 0
  case fixed64 = 1
  case delimited = 2
  case fixed32 = 5
}

/// Field number and wire type, as they stand before a value.
package struct WireTag: Sendable, Equatable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package init(_ number: UInt32, _ type: WireType) { rawValue = number << 3 | type.rawValue }

  package var number: UInt32 { rawValue >> 3 }
}
