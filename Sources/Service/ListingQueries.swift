import API
import Domain
package import Records
import Scalars

extension QueryServices: ListingService {
  package func show(
    _ request: ShowListing, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Listing>
  ) throws(Refusal) {
    reply.send(try visibleListing(request.number, caller, snapshot))
  }

  /// The listing, if the caller may see its hazard; to others it does not exist.
  private func visibleListing(
    _ number: HazardNumber, _ caller: borrowing Caller, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Listing {
    guard let listing = try snapshot.record(ListingsByNumberIndex.self, .init(number: number)),
      try maySee(listing, caller, snapshot)
    else { throw .notFound(NotFound("listing", "\(number)")) }
    return listing
  }

  private func maySee(
    _ listing: Listing, _ caller: borrowing Caller, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool {
    guard caller.isEnterpriseOnly else { return caller.maySee(listing.grid) }
    return try snapshot.record(HazardsTable.self, .init(id: listing.hazardId)).map { caller.maySee($0) } ?? false
  }

  package func list(
    _ request: ListListings, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ListingPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: ListingsByGridIndex.prefix(subtree.lowerBound), through: ListingsByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(
        ListingsByGridIndex.Key(grid: after.grid, key: .init(hazardId: after.hazardId)).encoded)
    }
    let (listings, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(ListingsByGridIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> Listing? in
      guard let listing = try snapshot.record(ListingsTable.self, entry.key) else { return nil }
      let isWanted = request.states.isEmpty ? listing.dueAt != nil : request.states.contains(listing.state)
      guard isWanted, try maySee(listing, caller, snapshot) else { return nil }
      return listing
    }
    reply.send(
      ListingPage(
        listings: listings, next: last.map { ListingCursor(grid: $0.grid, hazardId: $0.key.hazardId) }))
  }

  package func trace(
    _ request: TraceListing, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ListingTrace>
  ) throws(Refusal) {
    let listing = try visibleListing(request.number, caller, snapshot)
    let keys = try snapshot.keys(
      ListingEntriesTable.self, in: KeyRange(prefix: ListingEntriesTable.prefix(listing.hazardId)), descending: false,
      limit: 10_000)
    var trace = ListingTrace(listing: listing)
    for key in keys {
      if let entry = try snapshot.record(ListingEntriesTable.self, key) { trace.entries.append(entry) }
    }
    reply.send(trace)
  }

  package func quarter(
    _ request: MeasureListings, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ListingQuarter>
  ) throws(Refusal) {
    let now = try currentTime(in: snapshot)
    reply.send(try listingQuarter(of: request.grid, around: request.on ?? now.localDate, at: now, in: snapshot))
  }

  package func count(
    _ request: CountListings, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ListingCounts>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let groups = try snapshot.counts(
      ListingsCountByState.self, in: KeyRange(prefix: ListingsCountByState.prefix(request.grid)), limit: 20)
    reply.send(
      ListingCounts(
        grid: request.grid, counts: groups.map { ListingCount(state: $0.group.state, count: $0.count) }))
  }
}
