import Testing

@testable import Transport

/// What the environment says about sockets that were handed over, in the words of sd_listen_fds(3).
@Suite struct InheritedSocketTests {
  private func places(_ variables: [String: String]) throws(InheritanceFault) -> [String] {
    try InheritedSocket.places(of: 77) { variables[$0] }.map { "\($0.descriptor) \($0.name)" }
  }

  @Test func `descriptors begin at 3, and have the names that they were given`() throws {
    #expect(try places(["LISTEN_PID": "77", "LISTEN_FDS": "2"]) == ["3 unknown", "4 unknown"])
    #expect(
      try places(["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:metrics"]) == ["3 a", "4 metrics"])
    #expect(try places(["LISTEN_PID": "77", "LISTEN_FDS": "0"]) == [])
  }

  @Test(arguments: [[:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "78", "LISTEN_FDS": "1"]])
  func `what is meant for another process is left alone`(variables: [String: String]) throws {
    #expect(try places(variables) == [])
  }

  @Test(arguments: [
    ["LISTEN_PID": "77"], ["LISTEN_PID": "77", "LISTEN_FDS": "-1"], ["LISTEN_PID": "77", "LISTEN_FDS": "17"],
    ["LISTEN_PID": "77", "LISTEN_FDS": "x"], ["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a"],
  ])
  func `nonsense is refused`(variables: [String: String]) {
    #expect(throws: InheritanceFault.self) { try places(variables) }
  }
}
