package import Records
import Scalars

extension Share {
  /// - Parameter whole: 0 has no shares.
  package init(_ part: some BinaryInteger, of whole: some BinaryInteger) {
    let (part, whole) = (UInt64(part), UInt64(whole))
    let hundredths = whole == 0 ? nil : UInt32(part * 10_000 / whole)
    self.init(numerator: part, denominator: whole, hundredths: hundredths)
  }

  /// All of something; all of nothing is not.
  package var isWhole: Bool { denominator > 0 && numerator == denominator }
}

/// Name and edition of the profile that counts now; empty before the first one was activated.
package func rulesetName(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> String {
  guard let profile = try reader.record(ProfilesTable.self, .init(id: 1))?.profile else { return "" }
  return "\(profile.name) \(profile.edition)"
}

/// Why a view of so large a subtree is not made.
func tooLarge(_ grid: GridCode, _ count: Int, _ what: Label) -> Refusal {
  .invalid(
    "grid", "there are more than \(count) \(what.english) in \(grid); ask for the nodes below it",
    "\(grid)的\(what.chinese)超过\(count)个，请查询下级网格")
}
