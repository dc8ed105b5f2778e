import API
import Bytes
import Client
import RPC
import Records
import Scalars

/// What the daemon did, against what the clients were told: read from the journal, where nothing can hide.
struct LoadAudit: Sendable {
  /// Reports that the journal holds from the run on.
  var journaled = 0
  /// Acknowledged, and not in the journal.
  var missing = 0
  /// In the journal more than once under one request key.
  var doubled = 0
  /// In the journal under another number than was acknowledged.
  var renumbered = 0
  /// Numbers that were given to two reports.
  var repeatedNumbers = 0
  /// Holes in the numbers of a grid and a day.
  var gaps = 0
  /// Sent again with their request keys, and answered otherwise than at first.
  var answeredOtherwise = 0
  /// Of those that were in doubt, how many the journal has.
  var doubtfulExecuted = 0

  /// All of it, by name.
  var counts: [(name: String, count: Int)] {
    [
      ("journaled", journaled), ("missing", missing), ("doubled", doubled), ("renumbered", renumbered),
      ("repeatedNumbers", repeatedNumbers), ("gaps", gaps), ("answeredOtherwise", answeredOtherwise),
      ("doubtfulExecuted", doubtfulExecuted),
    ]
  }

  var isClean: Bool { missing + doubled + renumbered + repeatedNumbers + gaps + answeredOtherwise == 0 }

  /// One `Hazard.submit` in the journal.
  struct Journaled: Sendable {
    let requestKey: [UInt8]
    let number: HazardNumber
  }

  init() {}

  /// Compares what the journal holds with what the clients were told.
  init(_ outcome: Storm.Outcome, _ journal: [Journaled]) {
    journaled = journal.count
    var numbers: [[UInt8]: HazardNumber] = [:]
    var sequences: [GridAndDay: [UInt32]] = [:]
    for entry in journal {
      if numbers.updateValue(entry.number, forKey: entry.requestKey) != nil { doubled += 1 }
      let day = GridAndDay(grid: entry.number.grid, day: entry.number.date)
      sequences[day, default: []].append(entry.number.sequence)
    }
    for list in sequences.values {
      let sorted = list.sorted()
      for (one, next) in zip(sorted, sorted.dropFirst()) {
        if one == next { repeatedNumbers += 1 } else if next > one + 1 { gaps += 1 }
      }
    }
    for (submission, number) in outcome.acknowledged {
      switch numbers[submission.requestKey] {
      case nil: missing += 1
      case number: continue
      default: renumbered += 1
      }
    }
    doubtfulExecuted = outcome.inDoubt.count { numbers[$0.requestKey] != nil }
  }

  /// How many are sent again.
  private static let repeatedMax = 200

  /// - Parameter sequence: the journal's last entry before the run.
  static func run(
    _ outcome: Storm.Outcome, after sequence: UInt64, _ connection: Connection
  ) async throws -> LoadAudit {
    var journal: [Journaled] = []
    let entries = try await AuditClient(connection).read(ReadJournal(afterSequence: sequence), CallOptions())
    for try await entry in entries where entry.method == Method.hazardSubmit.rawValue {
      guard let key = entry.requestKey else { continue }
      journal.append(Journaled(requestKey: key, number: try HazardReceipt(encoded: entry.reply).number))
    }
    var audit = LoadAudit(outcome, journal)
    let client = HazardClient(connection)
    let step = max(1, outcome.acknowledged.count / Self.repeatedMax)
    for index in stride(from: 0, to: outcome.acknowledged.count, by: step) {
      let (submission, number) = outcome.acknowledged[index]
      let again = try await client.submit(
        submission.request, CallOptions(actingFor: submission.reporter, requestKey: submission.requestKey))
      if again.number != number { audit.answeredOtherwise += 1 }
    }
    return audit
  }

  private struct GridAndDay: Hashable {
    let grid: GridCode
    let day: Date
  }
}
