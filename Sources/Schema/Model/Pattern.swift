/// A pattern for text: a sequence of characters or classes, each with an optional repetition, matched from the left
/// without going back. Less than a regular expression, so that every language matches it alike and in linear time.
package struct Pattern: Sendable, Equatable {
  package struct Part: Sendable, Equatable {
    package let ranges: [ClosedRange<UInt8>]
    package let min: Int
    /// Absent: any number.
    package let max: Int?
  }

  package let source: String
  package let parts: [Part]

  /// Reads `[A-T][0-9]+`; throws what is wrong as a message.
  init(_ source: String) throws(PatternFault) {
    self.source = source
    var rest = Substring(source)
    var parts: [Part] = []
    while let first = rest.first {
      var ranges: [ClosedRange<UInt8>] = []
      if first == "[" {
        rest.removeFirst()
        while let low = rest.first, low != "]" {
          rest.removeFirst()
          var high = low
          if rest.first == "-", let bound = rest.dropFirst().first, bound != "]" {
            rest.removeFirst(2)
            high = bound
          }
          guard let from = low.asciiValue, let to = high.asciiValue, from <= to else {
            throw PatternFault("\(low)-\(high) is not a range of ASCII characters")
          }
          ranges.append(from...to)
        }
        guard rest.first == "]" else { throw PatternFault("the class does not end with ]") }
        rest.removeFirst()
      } else {
        guard let byte = first.asciiValue, !"]+*?{}().|^$\\".contains(first) else {
          throw PatternFault("\"\(first)\" is not allowed; write characters or [classes] with ?, * or +")
        }
        ranges.append(byte...byte)
        rest.removeFirst()
      }
      switch rest.first {
      case "?": parts.append(Part(ranges: ranges, min: 0, max: 1))
      case "*": parts.append(Part(ranges: ranges, min: 0, max: nil))
      case "+": parts.append(Part(ranges: ranges, min: 1, max: nil))
      default:
        parts.append(Part(ranges: ranges, min: 1, max: 1))
        continue
      }
      rest.removeFirst()
    }
    for (index, part) in parts.enumerated() where part.min != part.max {
      for next in parts[(index + 1)...] {
        if part.ranges.contains(where: { range in next.ranges.contains { $0.overlaps(range) } }) {
          throw PatternFault("a repeated class and one that may follow it share a character: a match would go back")
        }
        if next.min > 0 { break }
      }
    }
    self.parts = parts
  }

  /// Whether the whole text has the form.
  package func matches(_ text: String) -> Bool {
    var rest = Substring(text).utf8
    for part in parts {
      let run = rest.prefix { byte in part.ranges.contains { $0.contains(byte) } }.count
      let count = min(run, part.max ?? run)
      if count < part.min { return false }
      rest.removeFirst(count)
    }
    return rest.isEmpty
  }
}

struct PatternFault: Error {
  let message: String
  init(_ message: String) { self.message = message }
}
