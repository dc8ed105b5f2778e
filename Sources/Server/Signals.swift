import Dispatch
import Glibc

/// Signals of the process as something to wait for; from now on they do nothing else.
package struct Signals: Sendable {
  private let stream: AsyncStream<Int32>
  /// Safe: nothing touches them again; they are held so that they live.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  package init(_ numbers: [Int32]) {
    let (stream, continuation) = AsyncStream<Int32>.makeStream()
    self.stream = stream
    unsafe sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
  }

  /// The next signal.
  package func next() async -> Int32 {
    for await number in stream { return number }
    preconditionFailure("the stream of signals has no end")
  }
}
