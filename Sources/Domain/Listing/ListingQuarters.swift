package import Records
package import Scalars

/// Listings of one subtree that are looked at: a province lists some hundreds in a year.
private let listingsMax = 20_000

/// What was listed in the quarter of a day, level by level.
/// - Throws: `unknownGrid`, `invalidArgument` for too large a subtree
package func listingQuarter(
  of grid: GridCode, around date: Date, at time: Instant, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> ListingQuarter {
  _ = try requireGrid(grid, in: reader)
  let (first, last) = (date.quarter.lowerBound, date.quarter.upperBound)
  let minimum = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.listing?.minPerQuarter
  var lines = [SupervisionLevel.county, .city, .province].map { QuarterLine(level: $0) }
  let subtree = grid.subtree
  let entries = try reader.entries(
    ListingsByGridIndex.self,
    in: KeyRange(
      from: ListingsByGridIndex.prefix(subtree.lowerBound), through: ListingsByGridIndex.prefix(subtree.upperBound)),
    descending: false, limit: listingsMax + 1)
  guard entries.count <= listingsMax else { throw tooLarge(grid, listingsMax, Label("listings", "挂牌督办案卷")) }
  for entry in entries {
    guard let listing = try reader.record(ListingsTable.self, entry.key), let day = listing.listedOn, first <= day,
      day <= last, let index = lines.firstIndex(where: { $0.level == listing.level })
    else { continue }
    lines[index].listed += 1
    if listing.state == .delisted { lines[index].delisted += 1 }
  }
  if let minimum {
    for index in lines.indices { lines[index].missing = minimum - min(minimum, lines[index].listed) }
  }
  return ListingQuarter(
    grid: grid, from: first, to: last, asOf: time, ruleset: try rulesetName(in: reader), minimum: minimum, lines: lines)
}
