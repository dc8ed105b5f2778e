internal import Synchronization

/// Whether what a thread does for a call is still wanted. Work that may take long asks now and then; what it gives up is
/// answered with the reason.
package final class Interruption: Sendable {
  package enum Reason: UInt8, Sendable { case cancelled = 1, late, goingDown }

  @TaskLocal private static var current: Interruption?

  private let stored = Atomic<UInt8>(0)
  private let deadline: ContinuousClock.Instant

  package init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

  package func interrupt(_ reason: Reason) { stored.store(reason.rawValue, ordering: .relaxed) }

  /// Why the work is not wanted any more; `nil`: it is.
  package var reason: Reason? {
    Reason(rawValue: stored.load(ordering: .relaxed)) ?? (deadline <= .now ? .late : nil)
  }

  /// Does the work of this call on this thread.
  package func whileWanted<Result>(_ work: () -> Result) -> Result { Self.$current.withValue(self, operation: work) }

  /// Whether this thread's work is still wanted; that of no call always is.
  package static var isWanted: Bool { current.map { $0.reason == nil } ?? true }
}
