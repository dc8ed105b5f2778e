import Records

/// The language of labels.
enum Language: Sendable {
  case english, chinese
  /// English, with the Chinese term behind it: for the demonstration.
  case both

  /// Set for the length of a command that does not follow the locale.
  @TaskLocal static var chosen: Language?

  private static let ofLocale: Language = {
    let locale = environment("LC_ALL") ?? environment("LC_MESSAGES") ?? environment("LANG") ?? ""
    return locale.hasPrefix("zh") ? .chinese : .english
  }()

  static var current: Language { chosen ?? ofLocale }
}

extension Labelled {
  /// The label for people.
  var text: String { label.text }
}

extension Label {
  var text: String {
    switch Language.current {
    case .english: english
    case .chinese: chinese
    case .both: "\(english) \(chinese)"
    }
  }
}

/// A text in the language of the locale.
func localized(_ english: String, _ chinese: String) -> String { Language.current == .chinese ? chinese : english }
