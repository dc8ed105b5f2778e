import API
import Client
import Example
import Records
import Scalars

/// What the load tester needs in a daemon: grids to report in, and people who act.
enum LoadTarget {
  /// Who reports in the grid's county, and puts right what was reported.
  static func reporter(in grid: GridCode) -> String { "load-tester-\("\(grid)".prefix(6))" }
  /// Who files, dispatches and verifies there: never the person who put it right.
  static func officer(in grid: GridCode) -> String { "load-officer-\("\(grid)".prefix(6))" }

  /// All villages and cells that reports can be spread over; makes the people, and the example county if there is none.
  static func prepare(_ connection: Connection) async throws -> [GridCode] {
    var counties = try await children(of: nil, connection)
    if counties.isEmpty {
      complain("safegrid: the daemon has no grid yet; importing the example county")
      try await ExampleImport(connection).divisionsAndCells()
      counties = try await children(of: nil, connection)
    }
    let people = counties.flatMap { county in
      [
        Person(id: reporter(in: county), name: "负载测试", grants: [Grant(role: .gridMember, grid: county)]),
        Person(id: officer(in: county), name: "负载测试", grants: [Grant(role: .departmentOfficer, grid: county)]),
      ]
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
