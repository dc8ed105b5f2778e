import Testing

@testable import RPC

/// W3C Trace Context, version 00.
@Suite struct TraceContextTests {
  private static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  @Test func `a traceparent is read and written`() throws {
    let context = try #require(TraceContext(Self.text))
    #expect(context.trace == "4bf92f3577b34da6a3ce929d0e0e4736" && context.span == "00f067aa0ba902b7")
    #expect(context.isSampled && "\(context)" == Self.text)
    let random = TraceContext.random(isSampled: false)
    #expect(TraceContext("\(random)") == random && !random.isSampled)
  }

  @Test(arguments: [
    "", "00", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
    "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
  ])
  func `anything else is passed over`(text: String) { #expect(TraceContext(text) == nil) }

  @Test func `a call carries it, and is not refused for a bad one`() throws {
    let pair = Pair()
    pair.run()
    for trace in [Self.text, "nonsense\n"] {
      _ = try pair.client.open(Open(method: 1, traceParent: trace), body: [], isStreaming: false)
    }
    pair.run()
    #expect(pair.dispatcher.calls.map { $0.trace?.description } == [Self.text, nil])
  }
}
