import Bytes
import NIOCore
import NIOPosix
import Testing
import Transport

@testable import Client
@testable import RPC

/// What a client tells its callers when the connection is gone, by what the server said last.
@Suite struct FarewellTests {
  /// A connection that was greeted, with two commands and a query under way.
  private final class Server: @unchecked Sendable {
    // Safe to share: used on the loop alone.
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    private lazy var core = ClientCore(loop: loop)
    private lazy var handler = core.makeHandler(name: "test", token: nil)

    func say(_ type: FrameType, _ payload: [UInt8]) {
      var writer = ByteWriter()
      let start = writer.beginFrame()
      writer.append(payload)
      writer.endFrame(at: start, type, hasChecksum: true)
      writer.withSpan { handler.connection.receive($0) }
    }

    func greet() {
      say(
        .helloOk,
        HelloOk(version: 1, frameBytesMax: 65_536, messageBytesMax: 4 << 20, streamsMax: 10, historyId: [1])
          .encoded())
    }

    func call(isCommand: Bool) async -> Result<CallReply, CallFailure> {
      await withCheckedContinuation { continuation in
        loop.execute { [self] in
          core.begin(
            Open(method: 1), [], isCommand: isCommand, deadline: .now + .seconds(600), .init(), continuation)
          begun += 1
        }
      }
    }

    private var begun = 0
    func isBegun(_ count: Int) async throws -> Bool { try await loop.submit { [self] in begun == count }.get() }
    func end() { core.closed(nil) }
  }

  /// Streams 1, 3 and 5 are open; the farewells name the last that was looked at.
  private func outcomes(_ farewells: [GoAway]) async throws -> [CallOutcome] {
    let server = Server()
    try await server.loop.submit { server.greet() }.get()
    var calls: [Task<Result<CallReply, CallFailure>, Never>] = []
    for (index, isCommand) in [true, false, true].enumerated() {
      calls.append(Task { await server.call(isCommand: isCommand) })
      while try await !server.isBegun(index + 1) { await Task.yield() }
    }
    try await server.loop.submit {
      for farewell in farewells { server.say(.goAway, farewell.encoded()) }
      server.end()
    }.get()
    var outcomes: [CallOutcome] = []
    for call in calls {
      guard case .failure(let failure) = await call.value else { continue }
      #expect(failure.code == .unavailable && failure.retryAfterMilliseconds != nil)
      outcomes.append(failure.outcome)
    }
    return outcomes
  }

  @Test func `without a word the outcome of commands is unknown`() async throws {
    #expect(try await outcomes([]) == [.unknown, .query, .unknown])
  }

  @Test func `what stands above the last farewell's number was not executed`() async throws {
    let first = GoAway(code: 0, lastStream: Limits.streamMax)
    #expect(try await outcomes([first]) == [.unknown, .query, .unknown])
    #expect(try await outcomes([first, GoAway(code: 0, lastStream: 1)]) == [.unknown, .query, .notExecuted])
    #expect(try await outcomes([first, GoAway(code: 0, lastStream: 5)]) == [.unknown, .query, .unknown])
    // Whatever the reason is: what was not looked at was not executed.
    #expect(try await outcomes([GoAway(code: 10, lastStream: 0)]) == [.notExecuted, .query, .notExecuted])
  }
}
