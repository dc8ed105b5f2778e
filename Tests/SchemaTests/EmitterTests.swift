import API
import Schema
import Testing

/// The product's own IDL, through the compiler.
@Suite struct EmitterTests {
  @Test func `our own IDL has no faults, and every table and method that it is known for`() throws {
    let schema = try Schema(files: InterfaceText.files)
    #expect(schema.package == "safegrid")
    #expect(schema.tables.map(\.name).contains("hazards"))
    let hazard = try #require(schema.services.first { $0.name == "Hazard" })
    #expect(hazard.methods.count == 51)
    // Deny by default: whoever reads without a scope reads nothing that belongs to a grid.
    let open = schema.services.flatMap { service in
      service.methods.filter { $0.scope == nil && $0.roles.isEmpty }.map { "\(service.name).\($0.name)" }
    }
    #expect(
      open.sorted() == [
        "Admin.profile", "Admin.status", "Credit.of_person", "Credit.show", "Dishonesty.of_person", "Dishonesty.show",
        "Dishonesty.trace",
        "Enterprise.find", "Enterprise.show", "Enterprise.sites", "Grid.locate", "Grid.powers", "Grid.who_has",
        "Hazard.outcome", "Hazard.relay", "Hazard.watch",
        "Health.check", "Health.watch",
        "Reflection.interface",
        "Reflection.workflows",
      ])
  }

  @Test func `the same input gives the same output`() throws {
    let schema = try Schema(files: InterfaceText.files)
    let names = InterfaceText.files.map(\.name)
    let once = SwiftEmitter(schema, isPublic: true).records(idlFiles: names, withMethods: true)
    let again = SwiftEmitter(schema, isPublic: true).records(idlFiles: names, withMethods: true)
    #expect(once.map(\.text) == again.map(\.text))
    // What the build plugin expects.
    let types = names.map { String($0.split(separator: ".")[0]).capitalCased + "Types.swift" }
    #expect(once.map(\.name) == types + ["Refusal.swift", "Requests.swift", "Tables.swift"])
    #expect(types.first == "ActivityTypes.swift")
  }

  @Test func `documentation and labels reach the generated code`() throws {
    let text = """
      edition 1;
      package p;
      /// A thing 物.
      record Thing {
        /// Its name.
        @length(1..5)
        1: own_name text;
        2: `in` u32;
      }
      """.replacing("`in`", with: "in")
    let schema = try Schema(files: [("things.idl", text)])
    let file = SwiftEmitter(schema, isPublic: true).records(idlFiles: ["things.idl"], withMethods: false)[0]
    #expect(file.name == "ThingsTypes.swift")
    for line in ["/// A thing 物.", "  /// Its name.", "  public var ownName: String", "  public var `in`: UInt32"] {
      #expect(file.text.contains("\n\(line)\n"))
    }
  }
}
