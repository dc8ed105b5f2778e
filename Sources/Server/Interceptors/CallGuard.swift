internal import API
internal import Domain
internal import RPC
internal import Records
internal import Service

/// Turns away what need not be looked at.
struct CallGuard: CallInterceptor {
  func begins(_ call: InterceptedCall, _ head: IncomingCall) throws(CallFailure) {
    let outcome: CallOutcome = call.method.isCommand ? .notExecuted : .query
    // Of a command the writer knows more: it may have been executed when it came first.
    if head.timeout == .zero, !call.method.isCommand {
      throw CallFailure(.deadlineExceeded, outcome, "the deadline had passed when the call arrived")
    }
    // Who may do nothing does not take anybody's turn either.
    guard call.connection.peer.mayDoNothing else { return }
    do throws(Refusal) {
      if let person = head.actingFor { try call.peer.requireDelegate(for: person) }
      try Caller(principal: call.peer.name, person: nil, grants: []).authorize(call.method, in: .region)
    } catch {
      throw CallFailure(error, outcome)
    }
  }
}
