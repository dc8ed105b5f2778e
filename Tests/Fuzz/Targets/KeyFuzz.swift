internal import Bytes
internal import Records
internal import Scalars

enum KeyFuzz {
  private static let tables: [(name: String, choice: any Table.Type)] = AllTables.types.map { ($0.name, $0) }

  /// The first line names a table or a type, the rest is keys.
  static func run(_ input: [UInt8]) {
    let input = NamedInput(input)
    let bytes = input.rest
    switch input.name {
    case "bool": component(Bool.self, bytes) { !$0 && $1 }
    case "u32": component(UInt32.self, bytes, <)
    case "u64": component(UInt64.self, bytes, <)
    case "i32": component(Int32.self, bytes, <)
    case "i64": component(Int64.self, bytes, <)
    case "Date": component(Date.self, bytes, <)
    case "Instant": component(Instant.self, bytes, <)
    case "GridCode": component(GridCode.self, bytes, <)
    case "HazardNumber": component(HazardNumber.self, bytes, <)
    case "USCC": component(USCC.self, bytes) { $0.description < $1.description }
    case "text": component(String.self, bytes) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    default:
      let table: any Table.Type = input.pick(tables)
      check(table, bytes)
    }
  }

  private static func check<T: Table>(_ table: T.Type, _ bytes: [UInt8]) {
    guard let key = try? bytes.withRawSpan({ (span) throws(RecordFault) in try T.Key(decoding: span) }) else { return }
    let written = key.encoded
    precondition(written.count <= 511, "no key exceeds what LMDB takes")
    precondition(written.count == bytes.count, "the key is read whole")
    let again = try? written.withRawSpan { (span) throws(RecordFault) in try T.Key(decoding: span) }
    precondition(again == key, "what was written is not read")
  }

  /// Two values, one behind the other: their bytes order as they do.
  private static func component<Value: KeyComponent & Equatable>(
    _ type: Value.Type, _ bytes: [UInt8], _ precedes: (Value, Value) -> Bool
  ) {
    let pair = try? bytes.withRawSpan { (span) throws(RecordFault) in
      var reader = KeyReader(span)
      return (try Value(decodingKey: &reader), try Value(decodingKey: &reader))
    }
    guard let pair else { return }
    let (first, second) = (encoding(of: pair.0), encoding(of: pair.1))
    precondition(
      first.lexicographicallyPrecedes(second) == precedes(pair.0, pair.1), "bytes order otherwise than values")
    precondition((first == second) == (pair.0 == pair.1), "equal values have equal bytes, and no others")
    precondition(first == second || !second.starts(with: first), "one key begins another")
  }

  private static func encoding(of value: some KeyComponent) -> [UInt8] {
    var writer = ByteWriter()
    value.encodeKey(into: &writer)
    return writer.bytes()
  }
}
