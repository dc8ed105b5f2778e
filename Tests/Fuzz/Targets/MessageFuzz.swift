internal import Bytes
internal import ProtoJSON
internal import RPC
internal import Records
internal import Schema
internal import Support

enum MessageFuzz {
  private static let types: [(name: String, choice: any WireRecord.Type)] =
    AllRecords.types.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + [
      ("gridwire.Hello", Hello.self), ("gridwire.HelloOk", HelloOk.self), ("gridwire.Open", Open.self),
      ("gridwire.Status", Status.self), ("gridwire.Cancel", Cancel.self), ("gridwire.Credit", Credit.self),
      ("gridwire.GoAway", GoAway.self),
    ]

  /// The first line names a record, the rest is its encoding.
  static func run(_ input: [UInt8]) {
    let input = NamedInput(input)
    let type = input.pick(types)
    guard let record = decode(type, input.rest) else { return }
    let written = record.encoded()
    guard let again = decode(type, written) else { preconditionFailure("what was written is not read") }
    precondition(again.encoded() == written, "what was written is not canonical")
    precondition(record.isAbsent == written.isEmpty)
    guard let checked = record as? any CheckedRecord else { return }
    do throws(RecordFault) { try checked.check() } catch { _ = error.description }
    json(input.rest, written, "\(type)", hasUnknownFields: checked.hasUnknownFields)
  }

  private static func decode(_ type: any WireRecord.Type, _ bytes: [UInt8]) -> (any WireRecord)? {
    do throws(RecordFault) { return try type.init(encoded: bytes) } catch {
      _ = error.description
      return nil
    }
  }

  /// What is a record is JSON as well, and the JSON is the same record.
  private static func json(_ bytes: [UInt8], _ written: [UInt8], _ name: String, hasUnknownFields: Bool) {
    // Errors have no JSON form of their own.
    guard IDLFolder.safegrid.record(named: name) != nil else { return }
    do {
      let text = try JSONDecoding(IDLFolder.safegrid).json(bytes, as: name)
      let back = try JSONEncoding(IDLFolder.safegrid).encode(JSONNode(parsing: text), as: name)
      // JSON leaves out what it does not know, and the bits of a NaN.
      precondition(hasUnknownFields || text.contains("\"NaN\"") || back == written, "its JSON says something else")
    } catch {
      preconditionFailure("a record that is read has no JSON: \(error)")
    }
  }
}

enum JSONFuzz {
  private static let names = IDLFolder.safegrid.records.map(\.name).sorted().map { (name: $0, choice: $0) }

  /// The first line names a record, the rest is JSON.
  static func run(_ input: [UInt8]) {
    let input = NamedInput(input)
    let name = input.pick(names)
    let bytes: [UInt8]
    do throws(JSONFault) {
      let node = try JSONNode(parsing: String(decoding: input.rest, as: UTF8.self))
      bytes = try JSONEncoding(IDLFolder.safegrid).encode(node, as: name)
    } catch {
      _ = error.description
      return
    }
    do {
      let record = try AllRecords.types[name]!.init(encoded: bytes)
      for isPretty in [false, true] {
        let text = try JSONDecoding(IDLFolder.safegrid, isPretty: isPretty).json(bytes, as: name)
        let back = try JSONEncoding(IDLFolder.safegrid).encode(JSONNode(parsing: text), as: name)
        precondition(text.contains("\"NaN\"") || back == record.encoded(), "its JSON says something else")
      }
    } catch {
      preconditionFailure("what JSON said is no record: \(error)")
    }
  }
}
