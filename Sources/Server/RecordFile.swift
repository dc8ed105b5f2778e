internal import API
internal import Bytes
internal import Journal
internal import ProtoJSON
internal import Records

/// A file that holds one record of the IDL in its JSON form, with comments.
enum RecordFile {
  /// - Parameter what: what the file is for, in an error, for example `profile`.
  static func read<File: CheckedRecord>(_ what: String, path: String, as _: File.Type) throws -> File {
    let (folder, name) = split(path)
    guard let bytes = try PosixDisk(folder: folder).contents(name, byteCountMax: 1 << 20) else {
      throw ConfigurationFault("there is no \(what) \(path)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationFault("\(what) \(path) is not UTF-8")
    }
    return try parse(text, name: path)
  }

  /// Every fault is said with the file's line.
  static func parse<File: CheckedRecord>(_ text: String, name: String) throws -> File {
    let file: File
    do throws(JSONFault) {
      let encoded = try JSONEncoding(Interface.schema).encode(try JSONNode(parsing: text), as: "\(File.self)")
      do throws(RecordFault) { file = try File(encoded: encoded) } catch {
        preconditionFailure("what was just encoded does not decode: \(error)")
      }
    } catch {
      throw ConfigurationFault("\(name):\(error)")
    }
    do throws(RecordFault) { try file.check() } catch { throw ConfigurationFault("\(name): \(error)") }
    return file
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
