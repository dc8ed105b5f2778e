extension String {
  /// `due_at` → `dueAt`
  package var camelCased: String {
    let words = split(separator: "_")
    return (words.first.map(String.init) ?? "")
      + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// `by_number` → `ByNumber`
  package var capitalCased: String {
    split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// `dueAt` → `due_at`, `DueAt` → `due_at`
  package var snakeCased: String {
    var result = ""
    for character in self {
      if character.isUppercase, !result.isEmpty { result += "_" }
      result += character.lowercased()
    }
    return result
  }
}
