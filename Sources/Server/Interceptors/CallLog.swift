internal import Domain
internal import Logging
internal import Metrics
internal import RPC
internal import Records

/// Logs the calls that took long, and those that failed by the daemon's own fault.
struct CallLog: CallInterceptor {
  private let slowMicroseconds: UInt64
  private let log: Logger
  /// When the present second of the log began, and what was logged or left out in it.
  private var second = Tick.now
  private var logged = 0
  private var leftOut = 0

  /// When everything is slow, more lines say nothing new and make it slower.
  private static let loggedMax = 20

  init(slowMilliseconds: Int, _ log: Logger) {
    slowMicroseconds = UInt64(slowMilliseconds) * 1000
    self.log = log
  }

  mutating func ended(_ call: InterceptedCall, _ status: StatusCode, _ time: CallTime) {
    // What works on the folder is expected to take its time.
    let isSlow = time.microseconds >= slowMicroseconds && !call.method.isDetached
    if isSlow || status.isServerFault { say(isSlow ? "slow call" : "failed call", call, status, time) }
  }

  private mutating func say(_ text: Logger.Message, _ call: InterceptedCall, _ status: StatusCode, _ time: CallTime) {
    if second.microseconds(until: time.end) >= 1_000_000 {
      if leftOut > 0 { log.warning("more slow or failed calls", metadata: ["count": "\(leftOut)"]) }
      (second, logged, leftOut) = (time.end, 0, 0)
    }
    guard logged < Self.loggedMax else {
      leftOut += 1
      return
    }
    logged += 1
    var metadata: Logger.Metadata = [
      "method": "\(call.method.name)", "milliseconds": "\(time.microseconds / 1000)", "status": "\(status.name)",
      "principal": "\(call.peer.name)", "call": "\(call.identifier)",
    ]
    if let trace = call.trace { metadata["trace"] = "\(trace)" }
    log.warning(text, metadata: metadata)
  }
}

extension StatusCode {
  /// Whether nothing that a caller does should bring it about.
  fileprivate var isServerFault: Bool { self == .internal || self == .dataLoss || self == .unknown }
}
