internal import NIOCore
internal import RPC

/// What the application holds of a stream of requests: when it lets go of it, the server hears it.
final class ClientExchange: MessageExchange {
  private let number: UInt32
  private let stream: ClientStream
  private let core: ClientCore
  private let loop: any EventLoop

  init(_ number: UInt32, _ stream: ClientStream, _ core: ClientCore, _ loop: any EventLoop) {
    (self.number, self.stream, self.core, self.loop) = (number, stream, core, loop)
  }

  deinit { stream.cancel() }

  func send(_ body: [UInt8]) async throws(CallFailure) {
    // Why the stream has ended says more than that it has.
    if let failure = stream.failure { throw failure }
    let (core, number) = (core, number)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.execute { core.send(body, on: number, continuation) }
      }
    } onCancel: {
      stream.cancel()
    }
    try result.get()
  }

  func finishSending() async {
    let (core, number) = (core, number)
    loop.execute { core.finishSending(number) }
  }

  func next() async throws(CallFailure) -> [UInt8]? { try await stream.next() }
  func cancel() { stream.cancel() }
}
