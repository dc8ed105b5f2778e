extension SchemaFaults {
  /// `{"faults": […]}`
  package var report: JSONValue { .members(("faults", list)) }

  /// Each fault with its place.
  package var list: JSONValue {
    .array(
      diagnostics.map { fault in
        .members(
          ("file", .string(fault.location.file)), ("line", .integer(Int64(fault.location.line))),
          ("column", .integer(Int64(fault.location.column))), ("message", .string(fault.message)))
      })
  }
}
