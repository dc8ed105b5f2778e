import Records
import Scalars

/// What gives refusals of its own kind, in words.
protocol Refusing {
  func refuse(_ reason: Label) -> Refusal
}

extension Refusing {
  func refuse(_ english: String, _ chinese: String) -> Refusal { refuse(Label(english, chinese)) }
}

extension Label {
  static var forItselfOnly: Label { Label("an enterprise can act for itself only", "生产经营单位只能办理本单位事项") }
}

extension Term {
  /// As people write it: `5个工作日`.
  var chinese: String {
    switch unit {
    case .hour: "\(count)小时"
    case .workingHour: "\(count)个工作时"
    case .day: "\(count)日"
    case .workingDay: "\(count)个工作日"
    case .month: "\(count)个月"
    case .year: "\(count)年"
    }
  }
}
