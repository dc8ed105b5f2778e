import PackagePlugin

/// Runs `idlc` before the targets that hold generated code. What is generated follows from the target's name.
///
/// A target names its IDL files through a symbolic link, not by looking into the folder `IDL` itself: a plugin that
/// lists a folder outside its target is not run again when a file is added there.
@main
struct SchemaPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target.sourceModule else { return [] }
    let inputs = target.sourceFiles(withSuffix: ".idl").map(\.url).sorted { $0.path < $1.path }
    let bases = inputs.map { $0.deletingPathExtension().lastPathComponent }
    // The names that idlc gives its files.
    let types = bases.map {
      $0.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Types.swift"
    }
    let (part, names) =
      switch target.name {
      case "Records": ("records", types + ["Refusal.swift", "Requests.swift", "Tables.swift"])
      case "API": ("services", ["Services.swift", "Clients.swift", "InterfaceText.swift"])
      case "Fakes": ("fakes", ["FakeServices.swift"])
      // A schema of the tests' own.
      case "ShapeRecords": ("types", types)
      default: ("envelopes", types)
      }
    let output = context.pluginWorkDirectoryURL
    return [
      .buildCommand(
        displayName: "Generating \(part) of \(target.name)", executable: try context.tool(named: "idlc").url,
        arguments: ["generate", "--part", part, "--output", output.path] + inputs.map(\.path), inputFiles: inputs,
        outputFiles: names.map { output.appending(path: $0) })
    ]
  }
}
