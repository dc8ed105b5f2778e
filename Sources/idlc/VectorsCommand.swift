import ArgumentParser
import Schema

struct VectorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vectors", abstract: "Writes test vectors of packages: records as bytes and as JSON.",
    discussion: """
      One file for a package: {"package", "vectors": [{"name", "record", "hex", "json"}]}. A client is right when it \
      makes each from the other. With --json: {"files": [path], "written": [path]}.
      """)
  @OptionGroup var output: OutputFolder
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func run() throws {
    let files = try source.packages().map { package in
      GeneratedFile(name: "\(package.schema.package).json", text: Vectors(package.schema).json.text)
    }
    try output.finish(files, options)
  }
}
