import Dispatch

/// Runs something on another thread, until it has ended.
package struct BackgroundThread: Sendable {
  private let group = DispatchGroup()

  package init(_ body: @escaping @Sendable () -> Void) { DispatchQueue.global().async(group: group, execute: body) }

  package func join() { group.wait() }
}
