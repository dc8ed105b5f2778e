/// How a call ended, in gRPC's numbering, which operators and bridges know.
public enum StatusCode: UInt32, Sendable, CaseIterable {
  case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
  case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss
  case unauthenticated

  /// As gRPC writes it: `FAILED_PRECONDITION`.
  public var name: String {
    "\(self)".reduce(into: "") { text, character in text += (character.isUppercase ? "_" : "") + character.uppercased()
    }
  }
}

/// Whether a command took effect, independent of the code.
public enum CallOutcome: UInt32, Sendable {
  /// A query: the question does not arise.
  case query = 0
  case notExecuted = 1
  case executed = 2
  /// Only a repetition with the same request key can tell.
  case unknown = 3
}

/// A call that did not succeed.
public struct CallFailure: Error, Sendable, CustomStringConvertible {
  public let code: StatusCode
  public let outcome: CallOutcome
  /// What happened, why, what to do.
  public let message: String
  /// Number of the domain error; 0 when it is none.
  public let errorNumber: UInt32
  /// Fields of the domain error, encoded.
  public let errorBody: [UInt8]
  /// When a repetition may succeed; `nil`: not as it stands.
  public let retryAfterMilliseconds: UInt32?
  /// Of a command whose outcome is unknown: the key with which a repetition is the same command.
  public internal(set) var requestKey: [UInt8]?
  /// Of a stream that ended before it was done: what a later one goes on with, see ``CallOptions/resumeToken``. `nil`: it
  /// begins anew.
  public package(set) var resumeToken: [UInt8]?

  /// By what the server's log names the call; absent when it never got there.
  public internal(set) var callIdentifier: String?

  /// The same failure of the call that the server's log names so.
  package func of(call identifier: String) -> CallFailure {
    var failure = self
    failure.callIdentifier = identifier
    return failure
  }

  /// The same failure of the command with this key.
  package func of(requestKey: [UInt8]?) -> CallFailure {
    var failure = self
    if outcome == .unknown { failure.requestKey = requestKey }
    return failure
  }

  package init(
    _ code: StatusCode, _ outcome: CallOutcome, _ message: String, errorNumber: UInt32 = 0, errorBody: [UInt8] = [],
    retryAfterMilliseconds: UInt32? = nil
  ) {
    self.code = code
    self.outcome = outcome
    self.message = message
    self.errorNumber = errorNumber
    self.errorBody = errorBody
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }

  package init(malformedReply reason: String) {
    self.init(.internal, .unknown, "the server's reply cannot be read: \(reason)")
  }

  public var description: String { "\(code): \(message)" }
}

extension Status {
  /// The status that says the failure. Its text is cut to 1 KiB.
  package init(_ failure: CallFailure) {
    var message = failure.message
    while message.utf8.count > 1024 { message.unicodeScalars.removeLast((message.utf8.count - 1024 + 3) / 4) }
    self.init(
      code: failure.code.rawValue, outcome: failure.outcome.rawValue, error: failure.errorNumber,
      retryAfterMs: failure.retryAfterMilliseconds, message: message, resume: failure.resumeToken)
  }
}

extension CallFailure {
  package init(_ status: Status, body: [UInt8]) {
    self.init(
      StatusCode(rawValue: status.code) ?? .unknown, CallOutcome(rawValue: status.outcome) ?? .unknown, status.message,
      errorNumber: status.error, errorBody: body, retryAfterMilliseconds: status.retryAfterMs)
    resumeToken = status.resume
  }
}
