import ArgumentParser
import FoundationEssentials
import Glibc
import Schema

/// The compiler of the IDL.
@main
struct Idlc: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idlc", abstract: "Checks IDL files and generates code from them.",
    subcommands: [Check.self, Generate.self])
}

/// The files of one package, read and checked together.
struct SourceFiles: ParsableArguments {
  @Argument(help: "All IDL files of the package.", completion: .file(extensions: ["idl"]))
  var files: [String]

  func texts() throws -> [(name: String, text: String)] {
    try files.sorted().map { path in
      guard let data = FileManager.default.contents(atPath: path) else {
        throw ValidationError("cannot read \(path)")
      }
      guard let text = String(validating: data, as: UTF8.self) else {
        throw ValidationError("\(path) is not UTF-8")
      }
      return (path, text)
    }
  }

  /// The schema; prints the faults and ends with exit code 1 when there are some.
  func schema() throws -> Schema {
    let texts = try texts()
    do throws(SchemaFaults) { return try Schema(files: texts) } catch {
      complain(error.description)
      throw ExitCode(1)
    }
  }
}

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Says what is wrong, or nothing; exit code 1 for faults.")
  @OptionGroup var source: SourceFiles

  func run() throws {
    let schema = try source.schema()
    print(
      "\(schema.package): \(schema.records.count) records, \(schema.enums.count) enums, "
        + "\(schema.errors.count) errors, \(schema.tables.count) tables, \(schema.services.count) services")
  }
}

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes code for a package.",
    discussion: """
      Swift is written at each build of this package. Python is committed; whoever changes the IDL writes it anew:

        idlc generate --language python --output Clients/python/src/safegrid/generated IDL/{admin,…,reflection}.idl
        idlc generate --language python --output Clients/python/src/safegrid/generated IDL/gridwire.idl
      """)

  @Option(help: "What to write it in: \(Language.allCases.map(\.rawValue).joined(separator: ", ")).")
  var language = Language.swift
  @Option(
    help: """
      What to write: \(Part.allCases.map(\.rawValue).joined(separator: ", ")). May be given several times. Default: all \
      that the package has.
      """)
  var part: [Part] = []
  @Option(help: "The folder to write into.")
  var output: String
  @OptionGroup var source: SourceFiles

  func run() throws {
    let schema = try source.schema()
    let texts = try source.texts()
    for part in part.isEmpty ? Part.all(of: schema) : part {
      for file in language.emitter.files(of: part, schema, sources: texts) {
        let path = "\(output)/\(file.name)"
        guard FileManager.default.createFile(atPath: path, contents: Data(file.text.utf8)) else {
          throw ValidationError("cannot write \(path)")
        }
      }
    }
  }
}

extension Language: ExpressibleByArgument {}
extension Part: ExpressibleByArgument {}

/// Prints a line where build tools look for faults.
func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  // Safe: the buffer is valid for the call. A failed write to standard error has nowhere to be reported.
  _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}
