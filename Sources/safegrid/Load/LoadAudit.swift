import API
import Bytes
import Client
import RPC
import Records
import Scalars

/// What the daemon did, against what the clients were told: read from the journal, where nothing can hide.
struct LoadAudit: Sendable {
  /// Acknowledged reports, and steps of cases, that were looked for; those beyond the memory's limit were not.
  var auditedReports = 0
  var auditedSteps = 0
  /// Reports and steps that the journal holds from the run on.
  var journaled = 0
  var journaledSteps = 0
  /// Acknowledged, and not in the journal.
  var missing = 0
  /// In the journal more than once under one request key.
  var doubled = 0
  /// In the journal with another number, version or method than was acknowledged.
  var renumbered = 0
  /// Numbers that were given to two reports.
  var repeatedNumbers = 0
  /// Versions of a case that two steps made.
  var repeatedVersions = 0
  /// Holes in the numbers of a grid and a day.
  var gaps = 0
  /// Sent again with their request keys, and answered otherwise than at first.
  var answeredOtherwise = 0
  /// How many were sent again.
  var sentAgain = 0
  /// Of which it was not known at the end whether they were taken, and how many of them the journal has.
  var doubtful = 0
  var doubtfulExecuted = 0

  /// In the journal under request keys that this run neither got an answer for nor is in doubt about: other clients'
  /// work, unless the run had the daemon for itself.
  var foreign = 0
  private var isAlone = false
  /// Nothing contradicts what the clients were told.
  private(set) var clean = true

  /// All of it, by name.
  var counts: [(name: String, count: Int)] {
    [
      ("reports audited", auditedReports), ("steps audited", auditedSteps), ("reports journaled", journaled),
      ("steps journaled", journaledSteps), ("missing", missing), ("doubled", doubled), ("renumbered", renumbered),
      ("repeated numbers", repeatedNumbers), ("repeated versions", repeatedVersions), ("gaps", gaps),
      ("sent again", sentAgain), ("answered otherwise", answeredOtherwise), ("doubtful", doubtful),
      ("doubtful, executed", doubtfulExecuted), ("foreign", foreign),
    ]
  }

  /// One report or step in the journal.
  struct Journaled: Sendable {
    let method: Method
    let requestKey: UInt128
    let number: HazardNumber
    let version: UInt64
  }

  init() {}

  /// Compares what the journal holds with what the clients were told.
  ///
  /// - Parameter isAlone: nobody else used the daemon, and every acknowledgement is remembered: then nothing may be there
  ///   that nobody was told of.
  init(acknowledged: [SentCommand], inDoubt: [SentCommand], _ journal: [Journaled], isAlone: Bool = false) {
    self.isAlone = isAlone
    var entries: [UInt128: Int] = Dictionary(minimumCapacity: journal.count)
    for (place, entry) in journal.enumerated() where entries.updateValue(place, forKey: entry.requestKey) != nil {
      doubled += 1
    }
    checkCases(journal)
    for command in acknowledged {
      if command.method == .hazardSubmit { auditedReports += 1 } else { auditedSteps += 1 }
      guard let place = entries[command.requestKey] else {
        missing += 1
        continue
      }
      let entry = journal[place]
      let agrees = (entry.method, entry.number, entry.version) == (command.method, command.number, command.version)
      if !agrees { renumbered += 1 }
    }
    doubtful = inDoubt.count
    doubtfulExecuted = inDoubt.count { entries[$0.requestKey] != nil }
    foreign = entries.count - (acknowledged.count - missing) - doubtfulExecuted
    judge()
  }

  private mutating func judge() {
    let differences = missing + doubled + renumbered + repeatedNumbers + repeatedVersions + gaps + answeredOtherwise
    clean = differences == 0 && (foreign == 0 || !isAlone)
  }

  /// Numbers are given once and without holes, and each version of a case is made by one step.
  private mutating func checkCases(_ journal: [Journaled]) {
    var sequences: [GridAndDay: [UInt32]] = [:]
    var versions = Set<CaseAndVersion>()
    for entry in journal {
      if entry.method.beginsCase {
        journaled += 1
        let day = GridAndDay(grid: entry.number.grid, day: entry.number.date)
        sequences[day, default: []].append(entry.number.sequence)
      } else {
        journaledSteps += 1
        let made = CaseAndVersion(number: entry.number, version: entry.version)
        if !versions.insert(made).inserted { repeatedVersions += 1 }
      }
    }
    for list in sequences.values {
      let sorted = list.sorted()
      for (one, next) in zip(sorted, sorted.dropFirst()) {
        if one == next { repeatedNumbers += 1 } else if next > one + 1 { gaps += 1 }
      }
    }
  }

  /// How many are sent again.
  private static let sentAgainMax = 200

  /// - Parameter sequence: the journal's last entry before the run.
  static func run(
    _ outcome: LoadOutcome, of workload: Workload, after sequence: UInt64, isAlone: Bool, _ connection: Connection
  ) async throws -> LoadAudit {
    var journal: [Journaled] = []
    let entries = try await AuditClient(connection).read(ReadJournal(afterSequence: sequence), CallOptions())
    for try await entry in entries {
      guard let method = Method(rawValue: entry.method), method.answersWithCase, let key = entry.requestKey else {
        continue
      }
      let receipt = try HazardReceipt(encoded: entry.reply)
      journal.append(
        Journaled(
          method: method, requestKey: UInt128(requestKey: key), number: receipt.number, version: receipt.version))
    }
    var audit = LoadAudit(
      acknowledged: outcome.acknowledged, inDoubt: outcome.inDoubt, journal, isAlone: isAlone)
    try await audit.sendAgain(outcome.acknowledged, of: workload, HazardClient(connection))
    return audit
  }

  /// Repeats some of the commands with their request keys: each must get its first answer.
  private mutating func sendAgain(
    _ acknowledged: [SentCommand], of workload: Workload, _ client: HazardClient
  ) async throws {
    let step = max(1, acknowledged.count / Self.sentAgainMax)
    for index in stride(from: 0, to: acknowledged.count, by: step) {
      let command = acknowledged[index]
      sentAgain += 1
      do throws(CallFailure) {
        let receipt = try await workload.repeated(command, client)
        if (receipt.number, receipt.version) != (command.number, command.version) { answeredOtherwise += 1 }
      } catch {
        // A refusal is another answer; no answer at all says nothing.
        guard error.code != .unavailable, error.code != .deadlineExceeded else { throw error }
        answeredOtherwise += 1
      }
    }
    judge()
  }

  private struct GridAndDay: Hashable {
    let grid: GridCode
    let day: Date
  }

  private struct CaseAndVersion: Hashable {
    let number: HazardNumber
    let version: UInt64
  }
}

extension Workload {
  /// Sends a command once more, byte for byte and with its request key.
  func repeated(_ command: SentCommand, _ client: HazardClient) async throws(CallFailure) -> HazardReceipt {
    var options = CallOptions(requestKey: command.requestKey.requestKey)
    if let step = LoadStep.allCases.first(where: { $0.method == command.method }) {
      return try await AwaitingCase(number: command.number, step: step).take(client, options)
    }
    let (request, reporter) = report(command.index, at: Int(command.rank))
    options.actingFor = reporter
    return try await client.submit(request, options)
  }
}

extension LoadAudit: Encodable {
  private enum CodingKeys: CodingKey {
    case auditedReports, auditedSteps, journaled, journaledSteps, missing, doubled, renumbered, repeatedNumbers
    case repeatedVersions, gaps, answeredOtherwise, sentAgain, doubtful, doubtfulExecuted, foreign, clean
  }
}

extension Method {
  fileprivate var beginsCase: Bool {
    self == .hazardSubmit || self == .hazardDirectReport || self == .hazardResolveOnSpot
  }

  /// Whether its reply is a ``HazardReceipt``: every command on hazards but the clock's own.
  fileprivate var answersWithCase: Bool {
    rawValue >> 8 == Method.hazardSubmit.rawValue >> 8 && rawValue & 255 < Method.hazardShow.rawValue & 255
      && self != .hazardExpire
  }
}
