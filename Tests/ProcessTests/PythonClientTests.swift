import API
import Bytes
import Example
import Foundation
import Schema
import Support
import Testing

/// The Python client in the tree, and an interpreter for it.
private enum PythonClient {
  static let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Clients/python")
    .standardized.path

  static let isThere = (try? python(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status) == 0

  static func python(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Tools.Result {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    // What is imported must not write into the tree.
    let own = ["PATH": path, "PYTHONPATH": "\(Self.path)/src", "PYTHONDONTWRITEBYTECODE": "1"]
    return try Tools.run(URL(filePath: "/usr/bin/env"), ["python3"] + arguments, own.merging(environment) { $1 })
  }
}

/// The tests of the Python client, against the daemon that was built with these.
@Suite(.enabled(if: PythonClient.isThere, "python3 is older than 3.11, or not there"))
struct PythonClientTests {
  @Test func `its tests pass, and it reads and writes random records as we do`() throws {
    let folder = TemporaryFolder()
    let vectors = "\(folder.path)/vectors.jsonl"
    try Data(Self.vectors().utf8).write(to: URL(filePath: vectors))
    let result = try PythonClient.python(
      ["-W", "error", "-m", "unittest", "discover", "-s", "\(PythonClient.path)/tests"],
      [
        "SAFEGRIDD": Tools.folder.appending(path: "safegridd").path,
        "SAFEGRID": Tools.folder.appending(path: "safegrid").path, "SAFEGRID_VECTORS": vectors,
      ])
    #expect(result.status == 0, "\(result.errors)")
    // Only the comparison with protobuf may be skipped, which need not be installed.
    let ends = ["\nOK\n", "\nOK (skipped=2)\n"]
    #expect(ends.contains(where: result.errors.hasSuffix), "all of them ran: \(result.errors)")
  }

  /// Canonical encodings of every record, one to a line.
  private static func vectors() -> String {
    let random = RandomRecords(Interface.schema)
    var generator = SplitMix64(seed: testSeed(6))
    return Interface.schema.records.map { record in
      (0..<20).map { _ in
        let hex = random.encoding(of: record.name, &generator).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "{\"record\":\"\(record.name)\",\"hex\":\"\(hex.joined())\"}\n"
      }.joined()
    }.joined()
  }
}
