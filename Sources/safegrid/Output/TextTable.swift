/// Columns of text, aligned as a terminal shows them: a Chinese character takes two places.
struct TextTable {
  private let header: [String]
  private var rows: [[String]] = []

  init(_ header: [String]) { self.header = header }

  mutating func add(_ row: [String]) { rows.append(row.map(printable)) }

  /// The table; columns of numbers stand to the right.
  func text(indent: String = "") -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { Self.width($0[column]) }.max() ?? 0 }
    let isNumeric = header.indices.map { column in
      !rows.isEmpty
        && rows.allSatisfy { row in
          !row[column].isEmpty && row[column].allSatisfy { $0.isNumber || ",.-–%".contains($0) }
        }
    }
    return all.map { row in
      let cells = row.indices.map { column -> String in
        let blanks = String(repeating: " ", count: widths[column] - Self.width(row[column]))
        return isNumeric[column] ? blanks + row[column] : row[column] + blanks
      }
      var line = indent + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Places that the text takes in a terminal.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { total, scalar in
      switch scalar.value {
      // Hangul, CJK with its punctuation and extensions, fullwidth forms.
      case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe4f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
        total + 2
      case 0x300...0x36f, 0x200b...0x200f, 0xfe00...0xfe0f: total
      default: total + 1
      }
    }
  }

  /// The text, cut to `places` with an ellipsis.
  static func cut(_ text: String, to places: Int) -> String {
    guard width(text) > places else { return text }
    var result = ""
    var used = 1
    for character in text {
      used += width(String(character))
      if used > places { break }
      result.append(character)
    }
    return result + "…"
  }
}

/// The text without what a terminal would obey: what people typed is shown, not executed.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
  return String(
    String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{fffd}" : $0 }))
}

/// Label and value, one to a line.
func details(_ pairs: [(String, String?)], indent: String = "") -> String {
  let shown = pairs.compactMap { pair in pair.1.flatMap { $0.isEmpty ? nil : (pair.0, $0) } }
  let width = shown.map { TextTable.width($0.0) }.max() ?? 0
  return shown.map { label, value in
    indent + label + String(repeating: " ", count: width - TextTable.width(label)) + "  " + printable(value)
  }.joined(separator: "\n")
}
