package import Records
package import Scalars

/// Who supervises objects on a day: what an object says of itself, and whether the people it means are there.
struct DailySupervision {
  private let members: GridMembers

  init(of grid: GridCode, on date: Date, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    members = try GridMembers(of: grid, on: date, in: reader)
  }

  /// Why nobody supervises an object of the ledger on that day; empty: somebody does.
  func gaps(of object: Enterprise) -> [SupervisionGap] {
    guard object.isInLedger else { return [] }
    let gaps = object.supervisionGaps
    guard object.supervision != .direct, !gaps.contains(.noMember) else { return gaps }
    let answers = object.member.map { members.mayServe($0, object.grid) } ?? false
    let isAlone = object.grid.depth < 4 || members.members(of: object.grid).isEmpty
    return !answers && isAlone ? gaps + [.memberGone] : gaps
  }
}

/// A walk along the objects of a subtree that nobody supervises on a day 三不管, cell by cell: the daily list.
package struct UnsupervisedWalk {
  private let request: ListEnterprises
  private let caller: Caller
  private let limit: Int
  private let today: Date
  package private(set) var page = EnterprisePage()

  /// Objects that one page looks at.
  private static let lookedMax = 10_000

  package init(_ request: ListEnterprises, for caller: Caller, limit: Int, on date: Date) {
    self.request = request
    self.caller = caller
    self.limit = limit
    today = date
  }

  package mutating func run(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    _ = try requireGrid(request.grid, in: reader)
    let daily = try DailySupervision(of: request.grid, on: today, in: reader)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: EnterprisesByGridIndex.prefix(subtree.lowerBound),
      through: EnterprisesByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(EnterprisesByGridIndex.Key(grid: after.grid, key: .init(id: after.id)).encoded)
    }
    let entries = try reader.entries(
      EnterprisesByGridIndex.self, in: range, descending: false, limit: Self.lookedMax + 1)
    var last: EnterpriseCursor?
    for (looked, entry) in entries.enumerated() {
      if page.enterprises.count >= limit || looked >= Self.lookedMax {
        page.next = last
        return
      }
      last = EnterpriseCursor(grid: entry.grid, id: entry.key.id)
      guard var object = try reader.record(EnterprisesTable.self, entry.key), caller.maySee(object) else { continue }
      object.gaps = daily.gaps(of: object)
      if !object.gaps.isEmpty { page.enterprises.append(object) }
    }
  }
}
