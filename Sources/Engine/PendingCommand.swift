package import Domain
package import Metrics
package import Records
internal import Synchronization

/// A command on its way to the writer, with all that deciding it needs. An object, because it goes from list to list.
package final class PendingCommand: Sendable {
  package let command: Command
  package let principal: Principal
  package let actingFor: String?
  /// 16 bytes, time-ordered (UUIDv7); none for the daemon's own commands.
  package let requestKey: [UInt8]?
  /// 16 bytes of SHA-256 over what was asked, to tell a repetition from a reuse.
  package let requestHash: [UInt8]
  /// Monotonic time after which it must not be applied.
  package let deadline: ContinuousClock.Instant
  /// What it weighs in the queue.
  package let byteCount: Int
  /// Absent for the daemon's own commands.
  package let address: ReplyAddress?
  private let withdrawal = Atomic<Bool>(false)

  package init(
    command: Command, principal: Principal, actingFor: String?, requestKey: [UInt8]?, requestHash: [UInt8],
    deadline: ContinuousClock.Instant, byteCount: Int, address: ReplyAddress?
  ) {
    self.command = command
    self.principal = principal
    self.actingFor = actingFor
    self.requestKey = requestKey
    self.requestHash = requestHash
    self.deadline = deadline
    self.byteCount = byteCount
    self.address = address
  }

  /// Whether the client does not want it any more.
  var isWithdrawn: Bool { withdrawal.load(ordering: .relaxed) }

  func withdraw() { withdrawal.store(true, ordering: .relaxed) }
}

/// Where a reply goes: a mailbox, and what the mailbox's owner knows the call by.
package struct ReplyAddress: Sendable {
  package let mailbox: any Mailbox
  package let connection: UInt64
  package let stream: UInt32
  package let arrival: Tick

  package init(mailbox: any Mailbox, connection: UInt64, stream: UInt32, arrival: Tick) {
    self.mailbox = mailbox
    self.connection = connection
    self.stream = stream
    self.arrival = arrival
  }
}

/// Takes the replies of a batch for those who asked through it, on any thread.
package protocol Mailbox: AnyObject, Sendable {
  func deliver(_ replies: [CommandReply])
}

package struct CommandReply: Sendable {
  package let address: ReplyAddress
  package let method: Method
  package let result: CommandResult

  package init(address: ReplyAddress, method: Method, result: CommandResult) {
    self.address = address
    self.method = method
    self.result = result
  }
}

/// What became of a command.
package enum CommandResult: Sendable {
  /// Durable and visible, now or at its first attempt.
  case executed(sequence: UInt64, body: [UInt8])
  /// Executed at its first attempt, so long ago that the journal no longer holds its reply.
  case replyForgotten(sequence: UInt64)
  /// The domain said no; nothing was done.
  case refused(Refusal)
  /// Its deadline passed while it waited; nothing was done.
  case expired
  /// The client took it back while it waited; nothing was done.
  case withdrawn
  /// It could not be done for a reason that is not the caller's; nothing was done.
  case unavailable(String)
  /// Whether it was done is not known before the daemon has restarted.
  case unknown(String)
}
