import ArgumentParser
import FoundationEssentials
import Glibc
import Schema

/// IDL files, of one package or several.
struct SourceFiles: ParsableArguments {
  @Argument(help: "All IDL files of the package, or of several.", completion: .file(extensions: ["idl"]))
  var files: [String] = []

  func texts() throws -> [(name: String, text: String)] {
    guard !files.isEmpty else { throw ValidationError("no files are named; try IDL/*.idl") }
    return try files.sorted().map { ($0, try readText($0)) }
  }

  /// The packages; prints the faults and ends with status 1 when there are some.
  func packages(asJSON: Bool = false) throws -> [SourcePackage] {
    let texts = try texts()
    do throws(SchemaFaults) { return try SourcePackage.all(in: texts) } catch {
      if asJSON { show(error.report) } else { complain(error.description) }
      throw ExitCode.findings
    }
  }

  /// The package, where only one makes sense.
  func schema() throws -> Schema {
    let packages = try packages()
    guard packages.count == 1 else {
      throw ValidationError(
        "the files belong to \(packages.map(\.schema.package).joined(separator: " and ")); give one package")
    }
    return packages[0].schema
  }
}

/// Whether results go to programs.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print the result as JSON.")
  var json = false
}

/// Where generated files go.
struct OutputFolder: ParsableArguments {
  @Option(help: "The folder to write into.", completion: .directory)
  var output: String
  @Flag(help: "Write nothing; end with status 1 when a file in the folder is not what would be written.")
  var check = false

  /// Writes the files, or compares them, and says what was done.
  func finish(_ files: [GeneratedFile], _ options: JSONOption) throws {
    let changed = files.filter { (try? readText("\(output)/\($0.name)")) != $0.text }
    if !check {
      do { try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true) } catch {
        throw ValidationError("cannot make the folder \(output)")
      }
      for file in changed { try writeText(file.text, to: "\(output)/\(file.name)") }
    }
    if options.json {
      show(
        .members(
          ("files", .array(files.map { .string("\(output)/\($0.name)") })),
          (check ? "stale" : "written", .array(changed.map { .string("\(output)/\($0.name)") }))))
    } else if check {
      for file in changed { complain("\(output)/\(file.name) is stale; generate it again") }
    }
    if check, !changed.isEmpty { throw ExitCode.findings }
  }
}

func readText(_ path: String) throws -> String {
  guard let data = FileManager.default.contents(atPath: path) else { throw ValidationError("cannot read \(path)") }
  guard let text = String(validating: data, as: UTF8.self) else { throw ValidationError("\(path) is not UTF-8") }
  return text
}

func writeText(_ text: String, to path: String) throws {
  guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
    throw ValidationError("cannot write \(path)")
  }
}

/// Prints JSON.
func show(_ value: JSONValue) { print(value.text, terminator: "") }

/// Prints findings, as lines or as SARIF, and ends with status 1 when there are some.
func finish(_ findings: [Finding], rules: [(id: String, summary: String)], asJSON: Bool) throws {
  if asJSON {
    show(SARIF.report(rules: rules, findings: findings))
  } else {
    for finding in findings { print(finding) }
  }
  if !findings.isEmpty { throw ExitCode.findings }
}

/// Prints a line where build tools look for faults.
func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  // Safe: the buffer is valid for the call. A failed write to standard error has nowhere to be reported.
  _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}
