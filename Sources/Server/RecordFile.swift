internal import API
internal import Bytes
internal import Journal
internal import ProtoJSON
internal import Records
internal import Schema

/// A file that holds one record of the IDL in its JSON form, with comments.
enum RecordFile {
  /// The text of a file.
  /// - Parameter what: what the file is for, in an error, for example `profile`.
  static func text(_ what: String, path: String) throws -> String {
    let (folder, name) = split(path)
    guard let bytes = try PosixDisk(folder: folder).contents(name, byteCountMax: 1 << 20) else {
      throw ConfigurationFault("there is no \(what) \(path)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationFault("\(what) \(path) is not UTF-8")
    }
    return text
  }

  /// A record that keeps its limits, or every fault with the file's line.
  static func parse<File: CheckedRecord>(_ text: String, name: String) throws -> File {
    let examined: ExaminedFile<File> = examine(text)
    guard let file = examined.record, examined.faults.isEmpty else { throw ConfigurationFault(name, examined.faults) }
    return file
  }

  static func examine<File: CheckedRecord>(_ text: String) -> ExaminedFile<File> {
    let (node, syntaxFaults) = JSONNode.parse(text)
    guard let node else { return ExaminedFile(node: nil, record: nil, faults: syntaxFaults) }
    let (encoded, typeFaults) = JSONEncoding(Interface.schema).read(node, as: "\(File.self)")
    var faults = syntaxFaults + typeFaults
    // What a fault of the text has swallowed is not missing.
    if syntaxFaults.isEmpty { faults += JSONLimits.faults(in: node, as: "\(File.self)", of: Interface.schema) }
    let file: File
    do throws(RecordFault) { file = try File(encoded: encoded) } catch {
      preconditionFailure("what was just encoded does not decode: \(error)")
    }
    if faults.isEmpty {
      do throws(RecordFault) { try file.check() } catch {
        faults.append(JSONFault(place: node.node(at: error.path).place, path: error.path, error.reason, error.chinese))
      }
    }
    // As the file has it: the IDL writes photos_min.
    let named = faults.map { JSONFault(place: $0.place, path: $0.path.camelCased, $0.reason, $0.chinese) }
    return ExaminedFile(node: node, record: file, faults: named.sorted { $0.place < $1.place })
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}

/// What a file says, as far as it can be understood, and what is wrong with it, in the order of the text.
struct ExaminedFile<File: CheckedRecord> {
  let node: JSONNode?
  let record: File?
  var faults: [JSONFault]
}

extension ConfigurationFault {
  /// One line for each fault, as compilers write them.
  init(_ name: String, _ faults: [JSONFault]) {
    self.init(faults.map { "\(name):\($0)" }.joined(separator: "\n"))
  }
}
