import Records

extension QueryServices {
  /// Entries that are looked at for one page at most: beyond them a page ends early and says where to go on, so that a
  /// list whose rows hardly ever fit holds its snapshot for some milliseconds only.
  private static let walkedMax = 10_000
  /// Entries that are read at once.
  private static let stepMax = 500

  /// The first rows that fit, as many as a page holds, of the entries of a range.
  ///
  /// - Parameters:
  ///   - entries: The first entries of a range, at most so many.
  ///   - row: The row of an entry; `nil` when it does not fit.
  /// - Returns: The rows; and the last entry that was looked at, if there are more behind it.
  static func fittingRows<Key: TableKey, Row>(
    in range: KeyRange, limit wanted: UInt32?, entries: (KeyRange, Int) throws(Refusal) -> [Key],
    row: (Key) throws(Refusal) -> Row?
  ) throws(Refusal) -> (rows: [Row], last: Key?) {
    let limit = Self.limit(wanted)
    var (range, walked, last, rows) = (range, 0, Key?.none, [Row]())
    while walked < walkedMax {
      let step = try entries(range, stepMax)
      for entry in step {
        if rows.count == limit { return (rows, last) }
        if let fitting = try row(entry) { rows.append(fitting) }
        last = entry
      }
      guard step.count == stepMax, let end = last else { return (rows, nil) }
      walked += stepMax
      range = range.after(end.encoded)
    }
    return (rows, last)
  }
}
