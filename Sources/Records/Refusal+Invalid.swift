package import Bytes

extension Refusal {
  /// A field that cannot be taken, and why, in both languages.
  package static func invalid(_ field: String, _ english: String, _ chinese: String) -> Refusal {
    .invalid(field, Label(english, chinese))
  }

  package static func invalid(_ field: String, _ reason: Label) -> Refusal {
    .invalidArgument(InvalidArgument(field: field, reason: reason))
  }

  /// What was read is no request: at most as long as the fields of the refusal may be.
  package init(_ fault: RecordFault) {
    self = .invalid(
      fault.path.isEmpty ? "request" : String(fault.path.prefix(200)),
      Label(String(fault.reason.prefix(1000)), String(fault.chinese.prefix(1000))))
  }

  package static var noteMissing: Refusal { .invalid("note", "is missing: say why", "缺失，请说明理由") }
}
