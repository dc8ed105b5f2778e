/// What concurrent clients did to some cases that can be fed back and sent back, and what they were told.
///
/// A history is strictly serialisable if one order of all commands explains every answer, and nothing that had ended
/// before something else began comes after it. The daemon names the order itself, by its sequences, so that nothing has
/// to be searched for: the named order only has to be right.
struct History {
  enum Kind { case feedBack, sendBack, read }

  enum Answer: Equatable {
    /// The command got this place in the journal.
    case executed(sequence: UInt64)
    /// It was not possible as the case stood.
    case refused
    /// What a read saw, in the state of this sequence.
    case seen(sequence: UInt64, version: UInt64, isFedBack: Bool)
  }

  struct Call {
    let client: Int
    let `case`: Int
    let kind: Kind
    /// Two readings of one clock that counts the beginnings and ends of all calls.
    let begin: Int
    let end: Int
    let answer: Answer
  }

  /// The sequences and versions with which the cases began; none is fed back.
  let initial: [(sequence: UInt64, version: UInt64)]
  var calls: [Call] = []

  init(initial: [(sequence: UInt64, version: UInt64)]) { self.initial = initial }

  /// What no order can explain; empty when all is well.
  func faults() -> [String] {
    initial.indices.flatMap { faults(ofCase: $0) } + sessionFaults()
  }

  private func faults(ofCase number: Int) -> [String] {
    let calls = calls.filter { $0.case == number }
    let commands = calls.compactMap { call -> (sequence: UInt64, call: Call)? in
      if case .executed(let sequence) = call.answer { (sequence, call) } else { nil }
    }.sorted { $0.sequence < $1.sequence }
    var faults: [String] = []
    // The commands in their order: each possible when it came, each at its own place.
    var isFedBack = false
    var states: [(sequence: UInt64, isFedBack: Bool)] = [(initial[number].sequence, false)]
    for (sequence, call) in commands {
      if sequence <= states.last!.sequence {
        faults.append("\(call): its place \(sequence) is taken, or before the case")
      }
      if (call.kind == .feedBack) == isFedBack {
        faults.append("\(call) was executed at \(sequence), where it was impossible")
      }
      isFedBack = call.kind == .feedBack
      states.append((sequence, isFedBack))
    }
    for call in calls {
      // What had ended before the call began lies before it; what began after it ended, behind it.
      let lower = commands.filter { $0.call.end < call.begin }.map(\.sequence).max() ?? initial[number].sequence
      let upper = commands.filter { $0.call.begin > call.end }.map(\.sequence).min() ?? .max
      switch call.answer {
      case .executed(let sequence):
        if sequence < lower || sequence > upper { faults.append("\(call) is not between \(lower) and \(upper)") }
      case .seen(let sequence, let version, let wasFedBack):
        if sequence < lower || sequence >= upper { faults.append("\(call) is not between \(lower) and \(upper)") }
        let index = states.lastIndex { $0.sequence <= sequence } ?? 0
        if version != initial[number].version + UInt64(index) || wasFedBack != states[index].isFedBack {
          faults.append("\(call) differs from the state after \(index) commands")
        }
      case .refused:
        let first = states.lastIndex { $0.sequence <= lower } ?? 0
        let possible = states[first...].prefix { $0.sequence < upper }
        if !possible.contains(where: { $0.isFedBack == (call.kind == .feedBack) }) {
          faults.append("\(call): between \(lower) and \(upper) it was never impossible")
        }
      }
    }
    return faults
  }

  /// No client's reads go back, and each sees its own writes: over all cases, because sequences are of the whole store.
  private func sessionFaults() -> [String] {
    var faults: [String] = []
    for (client, calls) in Dictionary(grouping: calls, by: \.client) {
      var last: UInt64 = 0
      for call in calls.sorted(by: { $0.begin < $1.begin }) {
        switch call.answer {
        case .executed(let sequence): last = max(last, sequence)
        case .seen(let sequence, _, _):
          if sequence < last { faults.append("client \(client) went back from \(last) to \(sequence)") }
          last = max(last, sequence)
        case .refused: continue
        }
      }
    }
    return faults
  }
}
