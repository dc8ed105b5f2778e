/// What a map can be keyed by: it has an order, which is that of keys of tables.
package protocol MapKey: WireValue, KeyComponent, Hashable {
  /// Whether the type's default is a key. A domain scalar that is unset is none, and has no place in the order.
  static var hasDefaultKey: Bool { get }
}

extension MapKey {
  package static var hasDefaultKey: Bool { true }
}

extension Int32: MapKey {}
extension Int64: MapKey {}
extension UInt32: MapKey {}
extension UInt64: MapKey {}
/// Texts that differ only in how Unicode composes a character are one key.
extension String: MapKey {}

extension Dictionary where Key: MapKey {
  /// The entries in the one order that their encoding has.
  package var inKeyOrder: [(key: Key, value: Value)] {
    map { entry in
      var writer = ByteWriter(capacity: 32)
      entry.key.encodeKey(into: &writer)
      return (bytes: writer.bytes(), entry: entry)
    }
    .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.entry)
  }
}

extension ByteWriter {
  /// A map, as protobuf has it: a record of key (1) and value (2) for each entry, both always written.
  package mutating func field<Key: MapKey, Value: WireValue>(_ number: UInt32, _ map: [Key: Value]) {
    for (key, value) in map.inKeyOrder {
      appendVarint(UInt64(WireTag(number, .delimited).rawValue))
      delimited { writer in
        writer.presentField(1, key)
        writer.presentField(2, value)
      }
    }
  }
}

extension WireReader {
  /// One entry of a map. What is left out is the default; a key that is there already is refused, because which value
  /// counts would depend on the reader.
  package mutating func entry<Key: MapKey, Value: WireValue>(
    _ field: StaticString, into map: inout [Key: Value]
  ) throws(RecordFault) {
    do throws(RecordFault) {
      var entry = try readNested()
      var key = Key.absent
      var value = Value.absent
      while let tag = try entry.nextTag() {
        switch tag {
        case WireTag(1, Key.wireType): key = try Key(decoding: &entry)
        case WireTag(2, Value.wireType): value = try Value(decoding: &entry)
        default:
          throw RecordFault(
            "an entry of a map has a key and a value, and no field \(tag.number)", "映射项仅有键和值，没有字段\(tag.number)")
        }
      }
      if key.isAbsent, !Key.hasDefaultKey { throw RecordFault("a key is missing", "缺少键") }
      guard map.updateValue(value, forKey: key) == nil else {
        throw RecordFault("the key \(key) stands twice", "键\(key)重复")
      }
    } catch {
      throw error.inside(field)
    }
  }
}
