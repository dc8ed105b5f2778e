import ArgumentParser
import Schema

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Writes code for packages.",
    discussion: """
      Languages: swift (one --part at a time, as the build does it)\(Language.all.map { ", \($0.name) (\($0.summary))" }.joined()).

      What Clients/python holds is written anew by

        idlc generate --language python --output Clients/python/src/safegrid/generated IDL/*.idl

      The same files always give the same output. With --json: {"files": [path], "written": [path]}.
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable {
    /// Types of the product, its refusals, requests and tables.
    case records
    /// Service protocols and client stubs.
    case services
    /// Types of the protocol's own envelopes.
    case envelopes
    /// Fakes of the services, for tests of those who call them.
    case fakes
    /// Types of another package, with the checks of the product's.
    case types
  }

  @Option(help: "What to write in.")
  var language = "swift"
  @Option(help: "Which part of the Swift code: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
  var part: Part?
  @OptionGroup var output: OutputFolder
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func validate() throws {
    let known = ["swift"] + Language.all.map(\.name)
    guard known.contains(language) else {
      throw ValidationError("--language \(language) is not known; use \(known.joined(separator: ", "))")
    }
    guard (language == "swift") == (part != nil) else {
      throw ValidationError("--part goes with --language swift, which needs it")
    }
  }

  func run() throws {
    if let part { return try output.finish(swift(part), options) }
    let language = Language.all.first { $0.name == self.language }!
    try output.finish(try source.packages().flatMap { language.files($0.schema) }, options)
  }

  private func swift(_ part: Part) throws -> [GeneratedFile] {
    let schema = try source.schema()
    let texts = try source.texts()
    let names = texts.map(\.name)
    return switch part {
    case .records: SwiftEmitter(schema, isPublic: true).records(idlFiles: names, withMethods: true)
    case .envelopes: SwiftEmitter(schema, isPublic: false).records(idlFiles: names, withMethods: false)
    case .fakes: SwiftEmitter(schema, isPublic: true).fakes()
    case .types:
      SwiftEmitter(schema, isPublic: false, checkModule: "Records").records(idlFiles: names, withMethods: false)
    case .services: SwiftEmitter(schema, isPublic: true).services(idlFiles: texts)
    }
  }
}
