/// `; did you mean Food?` for the known name that is nearest to a mistyped one; empty when none is near.
package func didYouMean(_ name: String, _ known: some Sequence<String>) -> String {
  nearest(to: name, known).map { "; did you mean \($0)?" } ?? ""
}

/// The known name that is nearest to a mistyped one, if any is near.
package func nearest(to name: String, _ known: some Sequence<String>) -> String? {
  let wanted = Array(name.lowercased())
  // In a fixed order, so that equal distances always give the same answer.
  let distances = known.sorted().map { ($0, editDistance(wanted, Array($0.lowercased()))) }
  guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(1, wanted.count / 3) else { return nil }
  return best.0
}

/// The fewest insertions, deletions and replacements of a character that make one of the other (Levenshtein).
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var row = Array(0...right.count)
  for (i, character) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in right.enumerated() {
      let replaced = diagonal + (character == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
    }
  }
  return row[right.count]
}
