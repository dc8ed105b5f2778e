import Foundation
import GRDB

/// The rows in SQLite: readers beside one writer (WAL), and every commit synced.
struct Ledger: Sendable {
  private let pool: DatabasePool

  init(path: String) throws {
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    pool = try DatabasePool(path: path, configuration: configuration)
  }

  func row(_ id: Int64) async throws -> Data? {
    try await pool.read { database in
      let statement = try database.cachedStatement(sql: "SELECT row FROM records WHERE id = ?")
      return try Data.fetchOne(statement, arguments: [id])
    }
  }

  /// Inserts a row with its six index entries; durable when it returns. Answers its number.
  func insert(_ row: Data) async throws -> Int64 {
    let (grid, enterprise) = (Int64.random(in: 0..<566), Int64.random(in: 0..<20000))
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    return try await pool.write { database in
      let statement = try database.cachedStatement(
        sql: """
          INSERT INTO hazards (number, grid, holder, due_at, timer_at, enterprise, request_key, row)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """)
      let key = UUID().uuidString
      try statement.execute(arguments: [
        "\(grid)-\(key)", grid, grid % 190, now, now, enterprise, "\(now)-\(key)", row,
      ])
      return database.lastInsertedRowID
    }
  }
}
