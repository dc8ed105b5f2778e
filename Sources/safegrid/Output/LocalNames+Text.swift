import API
import Bytes
import Client
import RPC
import Records

// What levels, steps and roles are called, the deployment's profile says (names).

extension LocalNames {
  /// Those of the daemon whose reply is shown; set for the time of showing it.
  @TaskLocal static var shown = LocalNames()
}

extension Session {
  /// Prints a reply: as JSON, or as `human` says in the words of the deployment.
  func showLocally<Reply: WireRecord>(_ reply: Reply, human: (Reply) -> String) async throws {
    guard !isJSON else { return try show(reply, human: human) }
    let profile = try await AdminClient(connection).profile(Empty(), options)
    try LocalNames.$shown.withValue(profile.names ?? LocalNames()) { try show(reply, human: human) }
  }
}

extension GridLevel {
  var text: String {
    let name = LocalNames.shown.levels.first { $0.level == self }
    return name.map { text(local: $0.english, $0.chinese) } ?? label.text
  }
}

extension Role {
  var text: String {
    let name = LocalNames.shown.roles.first { $0.role == self }
    return name.map { text(local: $0.english, $0.chinese) } ?? label.text
  }
}

extension HazardState {
  /// The step of the loop, with its number.
  var step: String? {
    let steps = LocalNames.shown.steps
    guard let index = steps.firstIndex(where: { $0.states.contains(self) }) else { return nil }
    let step = steps[index]
    return "\(index + 1) "
      + Label(english: step.english.isEmpty ? step.chinese : step.english, chinese: step.chinese).text
  }
}

extension Labelled {
  /// Where no English word was given, ours stands.
  fileprivate func text(local english: String, _ chinese: String) -> String {
    Label(english: english.isEmpty ? label.english : english, chinese: chinese).text
  }
}
