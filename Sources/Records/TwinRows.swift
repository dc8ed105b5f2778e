/// Finds rows of a file that mean the same object of the ledger: of the same credit code, or of the same name in the same
/// grid where one of the two has no code. A further place of operation may bear the name of its enterprise.
package struct TwinRows {
  private var codes: [String: Int] = [:]
  private var namedWithCode: [String: Int] = [:]
  private var namedWithoutCode: [String: Int] = [:]

  package init() {}

  /// Takes the row in, unless an earlier one means the same object.
  ///
  /// - Returns: the earlier one's number.
  package mutating func add(_ row: EnterpriseRow, numbered number: Int) -> Int? {
    let name = "\(row.grid) \(row.name)"
    if let code = row.uscc?.uppercased() {
      if let first = codes[code] ?? namedWithoutCode[name] { return first }
      codes[code] = number
      namedWithCode[name] = namedWithCode[name] ?? number
      return nil
    }
    let isPlace = row.siteOf != nil
    if let first = namedWithoutCode[name] ?? (isPlace ? nil : namedWithCode[name]) { return first }
    namedWithoutCode[name] = number
    return nil
  }
}
