internal import Glibc

/// Runs something on a thread of its own, until it has ended.
package struct BackgroundThread: Sendable {
  private let thread: pthread_t

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  package init(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    // Safe: the new thread takes over the reference that it is given.
    let code = unsafe pthread_create(
      &thread, nil,
      { work in
        unsafe Unmanaged<Work>.fromOpaque(work!).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Work(body)).toOpaque())
    precondition(code == 0, "cannot make a thread: error \(code)")
    self.thread = thread
  }

  package func join() { pthread_join(thread, nil) }
}
