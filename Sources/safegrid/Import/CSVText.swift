/// Rows as RFC 4180 has them, with CRLF behind each.
enum CSVText {
  /// Stands first, so that Excel knows UTF-8.
  static let mark = "\u{FEFF}"

  static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\r\n" }

  private static func field(_ text: String) -> String {
    // Blanks around a field are no part of it for our reader, and some others.
    let needsQuotes =
      text.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) } || text.first?.isWhitespace == true
      || text.last?.isWhitespace == true
    return needsQuotes
      ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
  }
}
