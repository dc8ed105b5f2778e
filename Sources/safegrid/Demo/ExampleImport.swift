import API
import Client
import Example
import RPC
import Records
import Scalars

/// Brings the example county into a daemon, by the way that files take.
struct ExampleImport {
  private let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  @discardableResult
  func divisions() async throws -> Edition {
    let table = try CSVFile(
      bytes: ExampleCounty.divisions, name: "tongcheng.csv", required: ["code", "name", "level", "parent"])
    let file = DivisionFile(table)
    precondition(file.faults.isEmpty, "the example's own divisions have faults")
    return try await ImportDivisionsCommand.send(
      file, edition: "Tongcheng 通城县, NBS 2021", GridClient(connection), CallOptions())
  }

  func cells(of county: ExampleCounty) async throws {
    let grid = GridClient(connection)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for village in county.villages {
        group.addTask { _ = try await grid.putCells(PutCells(village: village.code, cells: village.cells)) }
      }
      try await group.waitForAll()
    }
  }

  func people(of county: ExampleCounty) async throws {
    for chunk in county.people.chunks(of: 500) {
      _ = try await PersonClient(connection).put(PutPersons(persons: Array(chunk)))
    }
  }

  /// Answers how many were created.
  func enterprises(of county: ExampleCounty) async throws -> UInt32 {
    var created: UInt32 = 0
    for chunk in county.enterprises.chunks(of: 500) {
      created += try await EnterpriseClient(connection).import(ImportEnterprises(rows: Array(chunk))).created
    }
    return created
  }

  func divisionsAndCells() async throws {
    try await divisions()
    try await cells(of: ExampleCounty(enterpriseCount: 0))
  }
}
