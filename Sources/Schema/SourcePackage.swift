/// A package with the files that declare it.
package struct SourcePackage: Sendable {
  package let schema: Schema
  package let files: [(name: String, text: String)]

  /// Sorts files by the package that they name, and reads and checks each package.
  ///
  /// - Throws: the faults of all packages.
  package static func all(in files: [(name: String, text: String)]) throws(SchemaFaults) -> [SourcePackage] {
    let groups = Dictionary(grouping: files) { packageName(of: $0) }
    var packages: [SourcePackage] = []
    var faults: [Diagnostic] = []
    for (_, files) in groups.sorted(by: { $0.key < $1.key }) {
      do throws(SchemaFaults) {
        packages.append(SourcePackage(schema: try Schema(files: files), files: files))
      } catch {
        faults += error.diagnostics
      }
    }
    guard faults.isEmpty else { throw SchemaFaults(diagnostics: faults) }
    return packages
  }

  /// Empty where none is named, which the parser will say.
  private static func packageName(of file: (name: String, text: String)) -> String {
    var faults: [Diagnostic] = []
    var lexer = Lexer(file: file.name, text: file.text)
    let tokens = lexer.tokens(faults: &faults)
    guard let keyword = tokens.firstIndex(where: { $0.kind == .identifier("package") }),
      case .identifier(let name) = tokens[keyword + 1].kind
    else { return "" }
    return name
  }
}
