import Synchronization

/// A clock that only the test moves.
final class ManualTime: Sendable {
  private struct State {
    var now = Duration.zero
    var last = 0
    var sleepers: [Int: (until: Duration, continuation: CheckedContinuation<Void, Never>)] = [:]
  }

  private let state = Mutex(State())

  var now: Duration { state.withLock { $0.now } }

  func sleep(_ duration: Duration) async {
    guard duration > .zero else { return }
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        state.withLock { $0.sleepers[number] = ($0.now + duration, continuation) }
        if Task.isCancelled { wake(number) }
      }
    } onCancel: {
      wake(number)
    }
  }

  private func wake(_ number: Int) {
    state.withLock { $0.sleepers.removeValue(forKey: number)?.continuation }?.resume()
  }

  /// Waits until so many sleep, and the first of them for so long if that is said. What never comes true fails a test,
  /// and does not hold it up for ever.
  func sleepers(_ count: Int, for duration: Duration? = nil) async -> Bool {
    for _ in 0..<1_000_000 {
      let isSo = state.withLock { state in
        state.sleepers.count == count
          && (duration == nil || state.sleepers.values.map { $0.until - state.now }.min() == duration)
      }
      if isSo { return true }
      await Task.yield()
    }
    return false
  }

  /// Moves the clock, and wakes who has slept enough.
  func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now += duration
      let due = state.sleepers.filter { $0.value.until <= state.now }
      for number in due.keys { state.sleepers[number] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }
}
