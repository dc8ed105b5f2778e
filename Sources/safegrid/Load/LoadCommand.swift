import API
import ArgumentParser
import Client
import Example
import Histogram
import ProtoJSON
import RPC
import Records
import Scalars

struct LoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Submits hazards from many clients at once and reports throughput and latency.",
    discussion: """
      Two ways to ask. With --in-flight a closed loop: each of CONNECTIONS × IN-FLIGHT clients sends its next report when \
      the one before is acknowledged; so a slow daemon is asked less, which shows what it can take. Otherwise an open \
      loop: reports are due at --rate a second, whatever the daemon does, and a report's latency counts from the moment \
      when it was due; so waiting is not left out, which shows what users would feel.
      Every report is durable before it is acknowledged. At the end the journal is read: every acknowledged report must \
      be there once, under the number it was given, numbers without holes, and a repetition must get its first answer.
      The reports are spread over all villages and cells, because a grid can take 99,999 a day. The load tester reports \
      as the grid member "load-tester" of each county, whom it creates; into an empty daemon it first imports the \
      example county. It needs the roles administrator, auditor and delegate.
      The reports stay where they are: use a data folder that may be thrown away.
      Exit code 1 when a call failed, the audit found something, a threshold was passed, or the load tester could not \
      keep its own schedule.
      """)
  @Option(help: "How many connections.") var connections = 4
  @Option(help: "Closed loop: calls open at once on each connection.") var inFlight: Int?
  @Option(help: "Open loop: reports a second. Default: 1000.") var rate: Double?
  @Option(help: "Open loop: how the rate goes: \(Schedule.Profile.allCases.map(\.rawValue).joined(separator: ", ")).")
  var profile: Schedule.Profile = .constant
  @Option(help: "For how many seconds.") var duration = 10
  @Flag(help: "Do not read the journal at the end.") var noAudit = false
  @Option(help: "Fail when the 99th percentile of the latency is longer, in milliseconds.") var maxP99: Double?
  @Option(help: "Fail when fewer are acknowledged, a second.") var minRate: Double?
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (1...512).contains(connections) else { throw ValidationError("--connections lies between 1 and 512") }
    guard (1...1024).contains(inFlight ?? 1) else { throw ValidationError("--in-flight lies between 1 and 1024") }
    guard (1...3600).contains(duration) else { throw ValidationError("--duration lies between 1 and 3600 seconds") }
    guard (1...1_000_000).contains(rate ?? 1) else { throw ValidationError("--rate lies between 1 and 1000000") }
    if inFlight != nil, rate != nil || profile != .constant {
      throw ValidationError("--in-flight asks in a closed loop, --rate and --profile in an open one")
    }
  }

  private var schedule: Schedule? {
    inFlight == nil ? Schedule(profile: profile, rate: rate ?? 1000, seconds: Double(duration)) : nil
  }

  /// Reports that are remembered for the audit: about a gibibyte of them.
  private static let rememberedMax = 1_000_000
  /// Calls may be made this late before the schedule counts as lost: a hundredth of them, at the most.
  private static let delayMax: UInt64 = 20_000

  func run() async throws {
    let session = try await options.openForMany()
    let grids = try await LoadTarget.prepare(session.connection)
    let sequence = try await AdminClient(session.connection).status(Empty()).sequence
    let maker = HazardMaker()
    let storm = Storm(
      endpoint: try options.endpoint(), connections: connections, inFlight: inFlight ?? 0,
      make: { index, random in
        let token = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        let grid = grids[index % grids.count]
        let request = maker.hazard(in: grid, enterprise: nil, source: .memberPatrol, token: token, &random)
        return (request, LoadTarget.reporter(in: grid))
      }, rememberedMax: noAudit ? 0 : Self.rememberedMax)
    let outcome =
      if let schedule { try await storm.run(on: schedule) } else {
        try await storm.run(until: .now + .seconds(duration))
      }
    let audit = noAudit ? nil : try await LoadAudit.run(outcome, after: sequence, session.connection)
    let faults = faults(outcome, audit)
    try put(options.json ? json(outcome, audit, faults) : text(outcome, audit, faults))
    if !faults.isEmpty { throw ExitCode(ExitStatus.refused) }
  }

  /// Why the run failed; empty when it did not.
  private func faults(_ outcome: Storm.Outcome, _ audit: LoadAudit?) -> [String] {
    var faults = outcome.errors.sorted { $0.key < $1.key }.map { "\($0.value) calls failed: \($0.key)" }
    if let audit, !audit.isClean { faults.append("the audit found differences between journal and replies") }
    if schedule != nil, outcome.delays.valueAtPercentile(99) > Self.delayMax {
      let late = milliseconds(outcome.delays.valueAtPercentile(99))
      faults.append("the load tester could not keep its own schedule: one call in a hundred began \(late) late")
    }
    if let maxP99, Double(outcome.latency(99)) > maxP99 * 1000 {
      faults.append("p99 is \(milliseconds(outcome.latency(99))); \(maxP99) ms are allowed")
    }
    if let minRate, outcome.perSecond < minRate {
      faults.append("\(Int(outcome.perSecond)) per second were acknowledged; \(minRate) are asked for")
    }
    return faults
  }

  private static let percentiles: [(name: String, value: Double)] = [
    ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9),
  ]

  private static func curve(_ histogram: Histogram<UInt64>) -> String {
    let values = percentiles.map { "\"\($0.name)\":\(histogram.valueAtPercentile($0.value))" }
    return "{\((values + ["\"max\":\(histogram.max)"]).joined(separator: ","))}"
  }

  private func json(_ outcome: Storm.Outcome, _ audit: LoadAudit?, _ faults: [String]) -> String {
    let errors = outcome.errors.sorted { $0.key < $1.key }.map { "\(JSONDecoding.quoted($0.key)):\($0.value)" }
    let seconds = Double(Storm.microseconds(outcome.duration)) / 1e6
    var fields = ["\"loop\":\"\(schedule == nil ? "closed" : "open")\"", "\"connections\":\(connections)"]
    if let inFlight { fields.append("\"inFlight\":\(inFlight)") }
    if let schedule {
      fields += ["\"profile\":\"\(profile.rawValue)\"", "\"rate\":\(schedule.rate)", "\"due\":\(schedule.total)"]
    }
    fields += [
      "\"durationSeconds\":\(seconds)", "\"acknowledged\":\(outcome.count)",
      "\"perSecond\":\(Int(outcome.perSecond))", "\"latencyMicroseconds\":\(Self.curve(outcome.latencies))",
      "\"serviceMicroseconds\":\(Self.curve(outcome.serviceTimes))",
    ]
    if schedule != nil { fields.append("\"delayMicroseconds\":\(Self.curve(outcome.delays))") }
    fields.append("\"errors\":{\(errors.joined(separator: ","))}")
    if let audit {
      let counts = audit.counts.map { "\"\($0.name)\":\($0.count)" }
      fields.append("\"audit\":{\(counts.joined(separator: ",")),\"clean\":\(audit.isClean)}")
    }
    fields.append("\"faults\":[\(faults.map(JSONDecoding.quoted).joined(separator: ","))]")
    return "{\(fields.joined(separator: ","))}"
  }

  private func text(_ outcome: Storm.Outcome, _ audit: LoadAudit?, _ faults: [String]) -> String {
    var pairs: [(String, String?)] = []
    if let schedule {
      pairs.append(("open loop", "\(connections) connections, \(schedule.total) reports due, \(profile.rawValue)"))
    } else {
      pairs.append(("closed loop", "\(connections) connections × \(inFlight ?? 0) in flight"))
    }
    pairs.append(("acknowledged", "\(outcome.count) hazards, each durable before its reply"))
    pairs.append(("throughput", "\(Int(outcome.perSecond)) per second"))
    for (name, value) in Self.percentiles {
      let service =
        schedule == nil ? "" : "  (from sending: \(milliseconds(outcome.serviceTimes.valueAtPercentile(value))))"
      pairs.append((name, milliseconds(outcome.latency(value)) + service))
    }
    pairs.append(("max", milliseconds(outcome.latencies.max)))
    if let audit {
      let found = audit.counts.filter { $0.count > 0 }.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
      pairs.append(("audit", audit.isClean ? "clean: \(found)" : "NOT CLEAN: \(found)"))
    }
    return ([details(pairs)] + faults.map { "FAILED: \($0)" }).joined(separator: "\n")
  }
}

/// Microseconds as milliseconds.
func milliseconds(_ microseconds: UInt64) -> String {
  "\(microseconds / 1000).\(String(String(1000 + microseconds % 1000).dropFirst())) ms"
}

/// What the load tester needs in a daemon: grids to report in, and somebody who reports.
enum LoadTarget {
  /// Who reports in the grid's county.
  static func reporter(in grid: GridCode) -> String { "load-tester-\("\(grid)".prefix(6))" }

  /// All villages and cells that reports can be spread over; makes the reporters, and the example county if there is none.
  static func prepare(_ connection: Connection) async throws -> [GridCode] {
    var counties = try await children(of: nil, connection)
    if counties.isEmpty {
      complain("safegrid: the daemon has no grid yet; importing the example county")
      try await ExampleImport(connection).divisionsAndCells()
      counties = try await children(of: nil, connection)
    }
    let people = counties.map { county in
      Person(
        id: reporter(in: county), name: "负载测试", grants: [Grant(role: .gridMember, grid: county)])
    }
    for chunk in people.chunks(of: 500) {
      _ = try await PersonClient(connection).put(PutPersons(persons: Array(chunk)))
    }
    var places: [GridCode] = []
    for county in counties where places.count < placesMax {
      for township in try await children(of: county, connection) where places.count < placesMax {
        for village in try await children(of: township, connection) {
          let cells = try await children(of: village, connection)
          places += cells.isEmpty ? [village] : cells
        }
      }
    }
    guard !places.isEmpty else { throw InputFault("the daemon's grid has no villages to report in") }
    return places
  }

  /// Enough to spread over; to list a whole country would take longer than the test.
  private static let placesMax = 1000

  private static func children(of parent: GridCode?, _ connection: Connection) async throws -> [GridCode] {
    try await GridClient(connection).list(ListGrids(parent: parent, limit: 1000)).grids.map(\.code)
  }
}
