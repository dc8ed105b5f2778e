import Foundation
package import Schema

/// The folder IDL of the tree.
package enum IDLFolder {
  private static let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../IDL")
    .standardized

  package static func text(of name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: url.appending(path: name).path) ?? Data(), as: UTF8.self)
  }

  /// What it declares, by package.
  package static let schemas: [String: Schema] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    // And what the conformance vectors declare for themselves.
    let own = names.filter { $0.hasSuffix(".idl") }.sorted() + ["conformance/shapes.idl"]
    let files = own.map { (name: $0, text: text(of: $0)) }
    let packages = (try? SourcePackage.all(in: files)) ?? []
    return .init(uniqueKeysWithValues: packages.map { ($0.schema.package, $0.schema) })
  }()

  package static let safegrid = schemas["safegrid"]!
}
