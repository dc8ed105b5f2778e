extension Checker {
  /// Former names lead to one thing each: beside a present name, or twice, they would lead to two.
  mutating func checkFormerNames() {
    let records = schema.records + schema.errors.map(\.record)
    for record in records { checkFormerNames(record.fields.map(\.heading)) }
    for enumeration in schema.enums { checkFormerNames(enumeration.values.map(\.heading)) }
    for service in schema.services { checkFormerNames(service.methods.map(\.heading)) }
    checkFormerNames(schema.services.map(\.heading))
    checkFormerNames(records.map(\.heading) + schema.enums.map(\.heading))
    for table in schema.tables where !table.heading.life.formerNames.isEmpty {
      fail(table.heading, "@renamed: nobody but the daemon names a table; remove it")
    }
  }

  private mutating func checkFormerNames(_ headings: [Heading]) {
    var owners = Dictionary(headings.map { ($0.name.camelCased, $0.name) }, uniquingKeysWith: { first, _ in first })
    for heading in headings {
      for name in heading.life.formerNames {
        if let owner = owners[name.camelCased] {
          fail(heading, "@renamed: \(name) leads to \(owner) already; take it out of one of them")
        } else {
          owners[name.camelCased] = heading.name
        }
      }
    }
  }
}
