internal import Engine
internal import NIOCore
internal import RPC
internal import Transport

/// A loop's connections while the daemon goes down.
struct Leaving {
  /// Those on which calls may still come.
  private var open: Set<UInt64>
  private let allHeard: EventLoopPromise<Void>
  /// Set once the rest only has to close.
  var allClosed: EventLoopPromise<Void>?

  init(_ open: some Sequence<UInt64>, _ allHeard: EventLoopPromise<Void>) {
    (self.open, self.allHeard) = (Set(open), allHeard)
    if self.open.isEmpty { allHeard.succeed() }
  }

  mutating func heard(_ connection: UInt64) {
    if open.remove(connection) != nil, open.isEmpty { allHeard.succeed() }
  }
}

/// How the daemon takes its leave, in two steps, so that no call that crosses the news is lost.
extension LoopDispatcher {
  /// Every client is told to open no more calls. Done when all calls that were opened before it knew are here; clients
  /// that do not answer delay it by ``Limits/farewellSeconds``.
  func announceEnd() -> EventLoopFuture<Void> {
    loop.preconditionInEventLoop()
    for handler in handlers.values {
      handler.connection.drain(reason: CallFailure.goingDown.message)
      handler.flush()
    }
    let allHeard = loop.makePromise(of: Void.self)
    leaving = Leaving(handlers.filter { !$1.connection.isLastCallKnown }.keys, allHeard)
    return allHeard.futureResult.map { [self] in for scan in scans.values { scan.work.interrupt(.goingDown) } }
  }

  /// Done when every connection is closed, or had its time: ``ServerChannelHandler/farewellTime``.
  func connectionsClosed() -> EventLoopFuture<Void> {
    loop.preconditionInEventLoop()
    guard !handlers.isEmpty else { return loop.makeSucceededVoidFuture() }
    let allClosed = loop.makePromise(of: Void.self)
    leaving?.allClosed = allClosed
    loop.scheduleTask(in: ServerChannelHandler<LoopDispatcher>.farewellTime) { allClosed.succeed() }
    return allClosed.futureResult
  }

  /// A connection is closed.
  func left(_ connection: UInt64) {
    leaving?.heard(connection)
    if handlers.isEmpty { leaving?.allClosed?.succeed() }
  }

  /// Ends a connection's streams; it closes when its other calls have been answered.
  func lastCallCame(on connection: Connection, reason: String) {
    for place in streams.keys where place.connection == connection.identifier {
      dismiss(place, connection, reason: reason)
    }
    drainCommands(of: connection.identifier)
    leaving?.heard(connection.identifier)
  }
}
