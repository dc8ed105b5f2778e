internal import Bytes
package import Engine
package import Journal
internal import Records
internal import Scalars

/// What the world outside knows about its commands, by request key: what was asked, and what was answered. It believes
/// nothing that the daemon says about itself.
package struct Ledger: Sendable {
  package enum Answer: Sendable, Equatable {
    case executed(sequence: UInt64, body: [UInt8])
    /// Refused, or not done for another reason.
    case notExecuted
    /// Nobody was told anything: it may have been executed or not.
    case none
  }

  package struct Page: Sendable {
    package let command: PendingCommand
    package var answer: Answer
    /// When the answer was given, as the operations on the disk are counted.
    package var answeredAt: Int
  }

  /// In the order of the first question.
  package private(set) var pages: [Page] = []
  private var places: [[UInt8]: Int] = [:]

  package init() {}

  package mutating func ask(_ command: PendingCommand) {
    guard let key = command.requestKey else { preconditionFailure("a command without a key cannot be accounted for") }
    guard places[key] == nil else { return }
    places[key] = pages.count
    pages.append(Page(command: command, answer: .none, answeredAt: .max))
  }

  package mutating func answer(_ key: [UInt8], _ result: CommandResult, at moment: Int) throws {
    guard let place = places[key] else { preconditionFailure("nobody asked") }
    let answer: Answer =
      switch result {
      case .executed(let sequence, let body): .executed(sequence: sequence, body: body)
      case .refused, .unavailable, .expired, .withdrawn: .notExecuted
      // Nothing is forgotten in a simulated life.
      case .unknown, .replyForgotten: .none
      }
    if case .executed = pages[place].answer {
      guard answer == .none || pages[place].answer == answer else {
        throw LifeFault("a repetition got \(answer) after \(pages[place].answer)")
      }
      return
    }
    (pages[place].answer, pages[place].answeredAt) = (answer, moment)
  }

  /// Goes back to a moment: later answers were not given yet.
  package mutating func goBack(to moment: Int) {
    for place in pages.indices where pages[place].answeredAt > moment {
      (pages[place].answer, pages[place].answeredAt) = (.none, .max)
    }
    for place in pages.indices where pages[place].answer != .none { pages[place].answeredAt = 0 }
  }

  /// Checks a journal against what was answered up to a moment.
  ///
  /// - Returns: the entries by request key.
  @discardableResult
  package func audit<Storage: Disk>(
    _ journal: JournalReader<Storage>, asOf moment: Int = .max
  ) throws -> [[UInt8]: UInt64] {
    if let fault = journal.verify().fault { throw LifeFault("\(fault)") }
    var found: [[UInt8]: UInt64] = [:]
    var cursor = JournalReader<Storage>.Cursor(after: journal.firstSequence - 1)
    while true {
      let entries = try journal.next(&cursor, bytesMax: 1 << 20)
      if entries.isEmpty { break }
      for stored in entries {
        let entry = try JournalEntry(stored: stored.bytes)
        guard let key = entry.requestKey else { continue }
        guard let place = places[key] else { throw LifeFault("entry \(entry.sequence) was asked for by nobody") }
        guard found.updateValue(entry.sequence, forKey: key) == nil else {
          throw LifeFault("entry \(entry.sequence) repeats \(key.hexadecimal)")
        }
        switch pages[place].answer {
        case .notExecuted: throw LifeFault("entry \(entry.sequence) is there, and it was said that it is not")
        case .executed(entry.sequence, entry.reply), .none: continue
        case .executed where pages[place].answeredAt > moment: continue
        case .executed(let sequence, _):
          throw LifeFault("entry \(entry.sequence) was answered as \(sequence), or with another reply")
        }
      }
    }
    for page in pages where page.answeredAt <= moment {
      if case .executed(let sequence, _) = page.answer, found[page.command.requestKey!] == nil {
        throw LifeFault("entry \(sequence) was acknowledged and is lost")
      }
    }
    return found
  }
}
