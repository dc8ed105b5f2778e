import Records

/// The language of labels: that of the locale.
enum Language {
  case english, chinese

  static let current: Language = {
    let locale = environment("LC_ALL") ?? environment("LC_MESSAGES") ?? environment("LANG") ?? ""
    return locale.hasPrefix("zh") ? .chinese : .english
  }()
}

extension Labelled {
  /// The label in the language of the locale.
  var text: String { Language.current == .chinese ? label.chinese : label.english }
  /// Both languages, for the demonstration.
  var both: String { "\(label.english) \(label.chinese)" }
}

/// A text in the language of the locale.
func localized(_ english: String, _ chinese: String) -> String { Language.current == .chinese ? chinese : english }
