/// Packages as they are, and all that the lock knows.
package struct LockComparison {
  package var findings: [Finding] = []
  /// The lock as it would be, if all findings were accepted.
  package private(set) var accepted = Lock()

  package init(_ lock: Lock, _ schemas: [Schema]) {
    for schema in schemas {
      let published = lock.packages.first { $0.name == schema.package }?.facts ?? []
      let comparison = Comparison(published: published, schema: schema)
      findings += comparison.findings
      let location = Location(file: "api.lock", line: 1, column: 1)
      accepted.packages.append(Lock.Package(name: schema.package, facts: comparison.accepted, location: location))
    }
    for package in lock.packages where !schemas.contains(where: { $0.package == package.name }) {
      let row = BreakingTable.row(.package, .removed)
      findings.append(
        Finding(
          rule: row.rule, location: package.location, message: "package \(package.name) is gone: \(row.reason)",
          levels: BreakingLevel.allCases))
      let retired = package.facts.map { fact in
        var fact = fact
        fact.isRetired = true
        return fact
      }
      accepted.packages.append(Lock.Package(name: package.name, facts: retired, location: package.location))
    }
    findings = findings.inOrder
  }
}
