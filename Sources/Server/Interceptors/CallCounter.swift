internal import Metrics
internal import RPC
internal import Records

/// Counts how calls ended, by method.
struct CallCounter: CallInterceptor {
  let counts: LoopCounts

  func ended(_ call: InterceptedCall, _ status: StatusCode, _ time: CallTime) {
    counts.ended(method: call.method.rawValue, status: status.rawValue, microseconds: time.microseconds)
  }
}
