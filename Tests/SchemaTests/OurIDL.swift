import Foundation
import Schema

/// The files in IDL/, as they stand in the tree, and changes of them.
enum OurIDL {
  typealias File = (name: String, text: String)

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../IDL").standardized

  static let files: [File] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".idl") }.sorted().map { ($0, text(of: $0)) }
  }()

  static func text(of name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: folder.appending(path: name).path) ?? Data(), as: UTF8.self)
  }

  static let packages: [SourcePackage] = try! packages(of: files)

  static func packages(of files: [File]) throws -> [SourcePackage] { try SourcePackage.all(in: files) }

  /// The tests' own schema, which has what ours does not use yet.
  static let shapes: SourcePackage = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../ShapeRecords")
    let text = try? String(contentsOf: folder.appending(path: "shapes.idl"), encoding: .utf8)
    return try! SourcePackage.all(in: [("shapes.idl", text ?? "")])[0]
  }()

  static var safegrid: Schema { packages.first { $0.schema.package == "safegrid" }!.schema }

  /// One change of the text: a place that occurs once in the file, or a name in all files.
  enum Edit: Sendable {
    case replace(String, String, with: String)
    case delete(String, declaration: String)
    case rename(String, to: String)
    case remove(file: String)
  }

  static func files(after edits: [Edit]) throws -> [File] {
    var files = files
    for edit in edits {
      switch edit {
      case .replace(let name, let old, let new): try change(&files, name) { try replaceOnce(old, with: new, in: &$0) }
      case .delete(let name, let head):
        try change(&files, name) { text in
          guard let start = text.range(of: "\n\(head)"),
            let end = text.range(of: "\n}\n", range: start.upperBound..<text.endIndex)
          else { throw EditFault(text: head) }
          var rest = text[..<start.lowerBound]
          // With its documentation.
          while let line = rest.lastIndex(of: "\n"), rest[line...].hasPrefix("\n///") { rest = rest[..<line] }
          text.removeSubrange(rest.endIndex..<text.index(before: end.upperBound))
        }
      case .rename(let old, let new):
        for index in files.indices {
          files[index].text = files[index].text.replacingOccurrences(
            of: "\\b\(old)\\b", with: new, options: .regularExpression)
        }
      case .remove(let name): files.removeAll { $0.name == name }
      }
    }
    return files
  }

  struct EditFault: Error { let text: String }

  private static func change(_ files: inout [File], _ name: String, _ body: (inout String) throws -> Void) throws {
    guard let index = files.firstIndex(where: { $0.name == "\(name).idl" }) else { throw EditFault(text: name) }
    try body(&files[index].text)
  }

  private static func replaceOnce(_ old: String, with new: String, in text: inout String) throws {
    guard text.components(separatedBy: old).count == 2 else { throw EditFault(text: old) }
    text = text.replacingOccurrences(of: old, with: new)
  }
}
