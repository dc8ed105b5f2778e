package import Schema

/// The interface's own description.
package enum Interface {
  /// Parsed from the IDL that this build was generated from.
  package static let schema: Schema = {
    do throws(SchemaFaults) { return try Schema(files: InterfaceText.files) } catch {
      preconditionFailure("the IDL that the interface was generated from has faults: \(error)")
    }
  }()
}
