import RPC
import Synchronization
import Testing

@testable import Client

@Suite struct InterceptorTests {
  /// Notes what it sees; turns calls of one method away.
  private struct Notes: ClientInterceptor {
    final class Lines: Sendable {
      let all = Mutex<[String]>([])
    }
    let name: String
    let lines: Lines
    var refused: UInt32 = 0

    func begins(_ call: inout OutgoingCall) throws(CallFailure) {
      lines.all.withLock { $0.append("\(name) begins \(call.method)") }
      guard call.method != refused else { throw CallFailure(.cancelled, .notExecuted, "turned away") }
    }

    func ended(_ call: EndedCall) {
      lines.all.withLock { $0.append("\(name) ended \(call.failure.map { "\($0.code)" } ?? "well")") }
    }
  }

  private let server = PlannedServer("a")

  private func calls(_ interceptors: [any ClientInterceptor]) throws -> InterceptedCalls {
    InterceptedCalls(try server.connect(), interceptors)
  }

  @Test func `the first sees a call begin first and end last, and only those see the end who saw the beginning`()
    async throws
  {
    let lines = Notes.Lines()
    let calls = try calls([Notes(name: "a", lines: lines), Notes(name: "b", lines: lines, refused: 7)])
    _ = try await calls.unary(method: 1, isCommand: false, [], CallOptions())
    #expect(lines.all.withLock { $0 } == ["a begins 1", "b begins 1", "b ended well", "a ended well"])
    lines.all.withLock { $0 = [] }
    await #expect(throws: CallFailure.self) { _ = try await calls.unary(method: 7, isCommand: true, [], CallOptions()) }
    #expect(lines.all.withLock { $0 } == ["a begins 7", "b begins 7", "a ended cancelled"])
    #expect(server.asked.count == 1, "what was turned away was not sent")
    lines.all.withLock { $0 = [] }
    await #expect(throws: CallFailure.self) { _ = try await calls.stream(method: 2, [], CallOptions()) }
    #expect(
      lines.all.withLock { $0 } == ["a begins 2", "b begins 2", "b ended unimplemented", "a ended unimplemented"])
  }

  @Test func `a call has a span of its own below that of its task`() async throws {
    let parent = TraceContext.random(isSampled: true)
    var call = OutgoingCall(method: 1, isCommand: false, options: CallOptions())
    try TracingInterceptor().begins(&call)
    #expect(call.options.trace == nil)
    try TracingInterceptor.$current.withValue(parent) { () throws in try TracingInterceptor().begins(&call) }
    let child = try #require(call.options.trace)
    #expect(child.trace == parent.trace && child.span != parent.span && child.isSampled)
    // What the caller said counts.
    try TracingInterceptor.$current.withValue(.random(isSampled: false)) { () throws in
      try TracingInterceptor().begins(&call)
    }
    #expect(call.options.trace == child)
  }
}
