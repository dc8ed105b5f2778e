public import RPC

/// A call on its way out, as interceptors see it.
public struct OutgoingCall: Sendable {
  /// service × 256 + method
  public let method: UInt32
  public let isCommand: Bool
  /// An interceptor may change how the call is made.
  public var options: CallOptions
}

/// How a call ended for the one who made it. A stream of messages ends here once it is open.
public struct EndedCall: Sendable {
  public let call: OutgoingCall
  /// `nil`: it succeeded.
  public let failure: CallFailure?
  public let duration: Duration
}

/// Stands around every call of a client: for counts, logs and traces.
public protocol ClientInterceptor: Sendable {
  /// Before the call goes out. What it throws ends the call, and later interceptors do not see it begin.
  func begins(_ call: inout OutgoingCall) throws(CallFailure)
  func ended(_ call: EndedCall)
}

extension ClientInterceptor {
  public func begins(_ call: inout OutgoingCall) throws(CallFailure) {}
  public func ended(_ call: EndedCall) {}
}

/// Calls with interceptors around them: the first sees a call begin first, and end last.
public struct InterceptedCalls: Calls {
  private let base: any Calls
  private let interceptors: [any ClientInterceptor]

  public init(_ base: any Calls, _ interceptors: [any ClientInterceptor]) {
    self.base = base
    self.interceptors = interceptors
  }

  public func unary(
    method: UInt32, isCommand: Bool, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> CallReply {
    try await around(method, isCommand, options) { (options) throws(CallFailure) in
      try await base.unary(method: method, isCommand: isCommand, body, options)
    }
  }

  public func stream(
    method: UInt32, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> any MessageBodies {
    try await around(method, false, options) { (options) throws(CallFailure) in
      try await base.stream(method: method, body, options)
    }
  }

  public func exchange(
    method: UInt32, isStreaming: Bool, _ options: CallOptions
  ) async throws(CallFailure) -> any MessageExchange {
    try await around(method, true, options) { (options) throws(CallFailure) in
      try await base.exchange(method: method, isStreaming: isStreaming, options)
    }
  }

  private func around<Reply: Sendable>(
    _ method: UInt32, _ isCommand: Bool, _ options: CallOptions,
    _ make: (CallOptions) async throws(CallFailure) -> Reply
  ) async throws(CallFailure) -> Reply {
    var call = OutgoingCall(method: method, isCommand: isCommand, options: options)
    let start = ContinuousClock.now
    var begun = 0
    do throws(CallFailure) {
      for interceptor in interceptors {
        try interceptor.begins(&call)
        begun += 1
      }
      let reply = try await make(call.options)
      end(call, nil, start, interceptors)
      return reply
    } catch {
      end(call, error, start, interceptors.prefix(begun))
      throw error
    }
  }

  private func end(
    _ call: OutgoingCall, _ failure: CallFailure?, _ start: ContinuousClock.Instant,
    _ begun: some BidirectionalCollection<any ClientInterceptor>
  ) {
    let ended = EndedCall(call: call, failure: failure, duration: .now - start)
    for interceptor in begun.reversed() { interceptor.ended(ended) }
  }
}

/// Gives each call a span of its own below the span of the task that makes it, so that the server's log names it.
public struct TracingInterceptor: ClientInterceptor {
  /// The span that the present task works for.
  @TaskLocal public static var current: TraceContext?

  public init() {}

  public func begins(_ call: inout OutgoingCall) throws(CallFailure) {
    if call.options.trace == nil { call.options.trace = Self.current?.child() }
  }
}
