import Records
import Testing

@testable import Service

/// Pages of rows that fit, out of keys in memory.
@Suite struct FittingRowsTests {
  private typealias Key = HazardsTable.Key

  /// All pages from the first to the last, each begun where the one before it said.
  private func pages(_ count: UInt64, limit: UInt32, fits: (UInt64) -> Bool) throws -> [[UInt64]] {
    let keys = (0..<count).map { Key(id: $0) }
    var (range, pages) = (KeyRange.all, [[UInt64]]())
    while true {
      let (rows, last) = try QueryServices.fittingRows(in: range, limit: limit) { (range, limit) throws(Refusal) in
        Array(keys.lazy.filter { !$0.encoded.lexicographicallyPrecedes(range.lower) }.prefix(limit))
      } row: { (key) throws(Refusal) in
        fits(key.id) ? key.id : nil
      }
      pages.append(rows)
      guard let last else { return pages }
      range = range.after(last.encoded)
    }
  }

  @Test(arguments: [0, 1, 99, 100, 101, 499, 500, 501, 1000, 2345] as [UInt64], [1, 7, 100, 500, 1000] as [UInt32])
  func `pages hold every row that fits once, and are full but for the last`(count: UInt64, limit: UInt32) throws {
    for step: UInt64 in [1, 2, 3, 1000] {
      let pages = try pages(count, limit: limit) { $0 % step == 0 }
      #expect(pages.flatMap { $0 } == Array(stride(from: 0, to: count, by: Int(step))))
      #expect(pages.dropLast().allSatisfy { $0.count == Int(limit) })
    }
  }

  @Test func `a page ends where it has looked at enough, and the next goes on there`() throws {
    let pages = try pages(25_000, limit: 100) { $0 == 24_999 }
    #expect(pages == [[], [], [24_999]])
  }
}
