internal import Dispatch
internal import Synchronization

/// Commands that wait for the writer: many threads put in, one takes out.
package final class CommandQueue: Sendable {
  /// What the queue may hold. At 20,000 commands a second the count is a wait of 0.2 s; the bytes bound the memory when
  /// commands are large.
  package struct Limits: Sendable {
    package var count = 4096
    package var byteCount = 64 << 20
    package init() {}
  }

  private struct Contents {
    var commands: [PendingCommand] = []
    var byteCount = 0
    /// What the writer took last and has not answered yet.
    var taken: [PendingCommand] = []
    /// Calls that their clients took back while commands of theirs waited.
    var withdrawn: Set<WithdrawnCall> = []
    /// Run by the writer between two batches.
    var tasks: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private struct WithdrawnCall: Hashable {
    let connection: UInt64
    let stream: UInt32
  }

  private let limits: Limits
  private let contents = Mutex(Contents())
  private let wakeUp = DispatchSemaphore(value: 0)

  package init(_ limits: Limits = .init()) { self.limits = limits }

  /// What waits now.
  package var load: (count: Int, byteCount: Int) { contents.withLock { ($0.commands.count, $0.byteCount) } }

  /// The commands that wait, and those that the writer took last and has not answered yet.
  package var commands: (waiting: [PendingCommand], taken: [PendingCommand]) {
    contents.withLock { ($0.commands, $0.taken) }
  }

  package enum Admission: Sendable {
    case taken
    /// Try again a little later.
    case full
    /// The daemon is going down.
    case closed
  }

  package func put(_ command: PendingCommand) -> Admission {
    let (admission, wasEmpty) = contents.withLock { contents -> (Admission, Bool) in
      if contents.isClosed { return (.closed, false) }
      guard contents.commands.count < limits.count, contents.byteCount + command.byteCount <= limits.byteCount else {
        return (.full, false)
      }
      contents.commands.append(command)
      contents.byteCount += command.byteCount
      return (.taken, contents.commands.count == 1)
    }
    // The writer takes everything at once, so that only the first of many needs to wake it.
    if wasEmpty { wakeUp.signal() }
    return admission
  }

  /// Takes back what waits of a call. The writer still answers it: as withdrawn, or as what it did when it was first.
  package func withdraw(connection: UInt64, stream: UInt32) {
    contents.withLock { contents in
      guard !contents.commands.isEmpty else { return }
      contents.withdrawn.insert(WithdrawnCall(connection: connection, stream: stream))
    }
  }

  /// Has the writer do something between two batches, on its thread, and waits for it; answers whether it was done.
  /// Everything that was acknowledged is then in the state, and nobody else changes it.
  package func runBetweenBatches(_ task: @escaping @Sendable () -> Void) -> Bool {
    let isDone = DispatchSemaphore(value: 0)
    let isTaken = contents.withLock { contents in
      if contents.isClosed { return false }
      contents.tasks.append {
        task()
        isDone.signal()
      }
      return true
    }
    guard isTaken else { return false }
    wakeUp.signal()
    isDone.wait()
    return true
  }

  /// What the writer is to do next: tasks, then commands, whether more can come.
  package struct Work {
    package let tasks: [@Sendable () -> Void]
    package let commands: [PendingCommand]
    package let isClosed: Bool

    package var isEmpty: Bool { commands.isEmpty && tasks.isEmpty }
  }

  /// Takes all that waits; waits itself for at most `patience` when nothing does.
  package func takeAll(patience: Duration) -> Work {
    var taken = take()
    if taken.isEmpty, !taken.isClosed {
      let nanoseconds = patience.components.seconds * 1_000_000_000 + patience.components.attoseconds / 1_000_000_000
      _ = wakeUp.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
      taken = take()
    }
    return taken
  }

  private func take() -> Work {
    contents.withLock { contents in
      if !contents.withdrawn.isEmpty {
        for command in contents.commands {
          guard let address = command.address else { continue }
          let call = WithdrawnCall(connection: address.connection, stream: address.stream)
          if contents.withdrawn.contains(call) { command.withdraw() }
        }
        contents.withdrawn = []
      }
      let work = Work(tasks: contents.tasks, commands: contents.commands, isClosed: contents.isClosed)
      contents.byteCount = 0
      contents.taken = contents.commands
      contents.commands = []
      contents.tasks = []
      return work
    }
  }

  /// The writer has answered what it took. Each command knows where to answer, and would keep that alive.
  package func answered() {
    let done = contents.withLock { contents in
      let done = contents.taken
      contents.taken = []
      return done
    }
    // Let go of outside of the lock.
    _ = consume done
  }

  /// Refuses everything from now on; what waits is still taken.
  package func close() {
    contents.withLock { $0.isClosed = true }
    wakeUp.signal()
  }
}
