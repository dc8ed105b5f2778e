package import Records

extension Refusal {
  /// English words in what it tells readers of Chinese. Identifiers are none: they hold digits, dots, underscores or humps, as
  /// `Cadence.record`, `on_site` and `planTermMax` do; nor is the field or rule that it is about.
  package var englishInChinese: [String] {
    let subject: String =
      switch self {
      case .invalidArgument(let error): error.field
      case .unconfigured(let error): error.rule
      default: ""
      }
    let known = Set(subject.latinWords)
    return message.chinese.latinWords.filter { word in
      word.utf8.count >= 3 && !known.contains(word) && word.allSatisfy(\.isLetter)
        && !word.dropFirst().contains(where: \.isUppercase)
    }
  }
}

extension String {
  /// What stands together in Latin letters and digits, with the marks that join names inside.
  package var latinWords: [String] {
    split { !($0.isASCII && ($0.isLetter || $0.isNumber || "_.:-".contains($0))) }
      .map { word in
        var word = word
        while let last = word.last, ".:-".contains(last) { word.removeLast() }
        while let first = word.first, ".:-".contains(first) { word.removeFirst() }
        return String(word)
      }
      .filter { !$0.isEmpty }
  }
}
