internal import Bytes
internal import Engine
internal import RPC
internal import Records
internal import Scalars

/// Knows only requests and replies, and holds the daemon to its promises by them.
///
/// Everything happens in one order that everybody saw: a command's number is higher than that of every command that was
/// acknowledged before it was first asked for, and a query sees every command that was acknowledged before it was asked,
/// and everything that any query saw before.
struct Auditor {
  /// Tallies for the reader of a run.
  struct Counts: Sendable {
    var acknowledged = 0
    var refused = 0
    var repeated = 0
    var queries = 0
    var cutConnections = 0
    var orderlyEnds = 0
    var deaths = 0
    var powerCuts = 0
    var deathsAtStart = 0
  }

  private(set) var ledger = Ledger()
  var counts = Counts()
  /// The highest sequence that anybody was told.
  private(set) var sequenceMax: UInt64 = 0
  private var sequences: Set<UInt64> = []
  private var numbers: Set<HazardNumber> = []
  private(set) var submissionsAsked = 0
  private(set) var submissionsAcknowledged = 0

  mutating func asks(_ command: PendingCommand, isSubmission: Bool) {
    if isSubmission { submissionsAsked += 1 }
    ledger.ask(command)
  }

  /// A command was answered.
  ///
  /// - Parameters:
  ///   - floor: ``sequenceMax`` when it was asked for first.
  ///   - earlier: what it was answered before.
  mutating func executed(
    _ command: PendingCommand, isSubmission: Bool, _ status: Status, _ body: [UInt8], floor: UInt64, isRepetition: Bool
  ) throws {
    guard let key = command.requestKey else { preconditionFailure("a client's command has a key") }
    try ledger.answer(key, .executed(sequence: status.sequence, body: body), at: 0)
    sequenceMax = max(sequenceMax, status.sequence)
    if isRepetition {
      counts.repeated += 1
      return
    }
    counts.acknowledged += 1
    guard status.sequence > floor else {
      throw LifeFault("entry \(status.sequence) was asked for after \(floor) had been acknowledged")
    }
    guard sequences.insert(status.sequence).inserted else { throw LifeFault("two commands are \(status.sequence)") }
    if isSubmission {
      submissionsAcknowledged += 1
      let number = try HazardReceipt(encoded: body).number
      guard numbers.insert(number).inserted else { throw LifeFault("two reports have the number \(number)") }
    }
  }

  mutating func notExecuted(_ command: PendingCommand) throws {
    counts.refused += 1
    try ledger.answer(command.requestKey!, .expired, at: 0)
  }

  /// A query was answered, from a state that cannot be older than `floor`.
  mutating func saw(_ sequence: UInt64, floor: UInt64) throws {
    counts.queries += 1
    guard sequence >= floor else {
      throw LifeFault(
        "a query saw the state of \(sequence), and \(floor) had been told to somebody before it was asked")
    }
    sequenceMax = max(sequenceMax, sequence)
  }

  func checkCount(_ count: UInt64, atLeast least: Int) throws {
    guard count >= UInt64(least), count <= UInt64(submissionsAsked) else {
      throw LifeFault("\(count) cases are counted; \(least) were acknowledged, \(submissionsAsked) asked for")
    }
  }
}
