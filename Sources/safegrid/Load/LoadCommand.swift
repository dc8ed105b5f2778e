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
      A closed loop: each of CONNECTIONS × IN-FLIGHT clients sends its next report when the one before is acknowledged, \
      so a slow daemon is asked less. Every report is durable before it is acknowledged.
      The reports are spread over all villages and cells, because a grid can take 99,999 a day. The load tester reports \
      as the grid member "load-tester" of each county, whom it creates; into an empty daemon it first imports the \
      example county. It needs the roles administrator and delegate.
      The reports stay where they are: use a data folder that may be thrown away.
      Exit code 1 when a call failed.
      """)
  @Option(help: "How many connections.") var connections = 4
  @Option(help: "Calls open at once on each connection.") var inFlight = 16
  @Option(help: "For how many seconds.") var duration = 10
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (1...512).contains(connections) else { throw ValidationError("--connections lies between 1 and 512") }
    guard (1...1024).contains(inFlight) else { throw ValidationError("--in-flight lies between 1 and 1024") }
    guard (1...3600).contains(duration) else { throw ValidationError("--duration lies between 1 and 3600 seconds") }
  }

  func run() async throws {
    let session = try await options.openForMany()
    let grids = try await LoadTarget.prepare(session.connection)
    let maker = HazardMaker()
    let storm = Storm(
      endpoint: try options.endpoint(), connections: connections, inFlight: inFlight,
      make: { index, random in
        let token = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        let grid = grids[index % grids.count]
        let request = maker.hazard(in: grid, enterprise: nil, source: .memberPatrol, token: token, &random)
        return (request, LoadTarget.reporter(in: grid))
      }, remembers: false)
    let outcome = try await storm.run(until: .now + .seconds(duration))
    try put(options.json ? json(outcome) : text(outcome))
    if !outcome.errors.isEmpty { throw ExitCode(ExitStatus.refused) }
  }

  private static let percentiles: [(name: String, value: Double)] = [
    ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9),
  ]

  private func json(_ outcome: Storm.Outcome) -> String {
    let latencies =
      Self.percentiles.map { "\"\($0.name)\":\(outcome.latency($0.value))" } + ["\"max\":\(outcome.latencies.max)"]
    let errors = outcome.errors.sorted { $0.key < $1.key }.map { "\(JSONDecoding.quoted($0.key)):\($0.value)" }
    let seconds = Double(Storm.microseconds(outcome.duration)) / 1e6
    return "{\"connections\":\(connections),\"inFlight\":\(inFlight),\"durationSeconds\":\(seconds),"
      + "\"acknowledged\":\(outcome.count),\"perSecond\":\(Int(outcome.perSecond)),"
      + "\"latencyMicroseconds\":{\(latencies.joined(separator: ","))},\"errors\":{\(errors.joined(separator: ","))}}"
  }

  private func text(_ outcome: Storm.Outcome) -> String {
    var pairs: [(String, String?)] = [
      ("clients", "\(connections) connections × \(inFlight) in flight"),
      ("acknowledged", "\(outcome.count) hazards, each durable before its reply"),
      ("throughput", "\(Int(outcome.perSecond)) per second"),
    ]
    for (name, value) in Self.percentiles { pairs.append((name, milliseconds(outcome.latency(value)))) }
    pairs.append(("max", milliseconds(outcome.latencies.max)))
    for (kind, count) in outcome.errors.sorted(by: { $0.key < $1.key }) { pairs.append(("failed", "\(count) \(kind)")) }
    return details(pairs)
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
