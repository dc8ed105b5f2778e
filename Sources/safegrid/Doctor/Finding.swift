/// One thing that a doctor has to say: what is, and what to do about it.
struct Finding: Encodable, Equatable {
  enum Level: String, Encodable { case good, notice, problem }

  let level: Level
  let text: String
  /// The next step; absent when there is nothing to do.
  let advice: String?

  static func good(_ text: String) -> Finding { Finding(level: .good, text: text, advice: nil) }
  static func notice(_ text: String, _ advice: String) -> Finding {
    Finding(level: .notice, text: text, advice: advice)
  }
  static func problem(_ text: String, _ advice: String) -> Finding {
    Finding(level: .problem, text: text, advice: advice)
  }
}
