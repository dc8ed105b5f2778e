package import Bytes
package import RPC
package import Records

/// What a method whose requests stream makes of them: each message stands for a command of its own, and what became of
/// each is told one by one, or together at the end.
///
/// Used by one thread. It holds nothing of a message but what the summary says of it.
package protocol CommandStream: AnyObject {
  /// Reads a message. One that is no such record ends the stream; one that breaks a rule is refused alone.
  func read(_ body: RawSpan) throws(RecordFault) -> CommandMessage
  /// What became of a message, as the message that says so; `nil`: the summary will.
  ///
  /// - Parameter number: messages are numbered from 0 in the order in which they came; they are decided in any.
  func decided(_ number: UInt64, _ requestKey: [UInt8], _ verdict: Result<CallReply, CallFailure>) -> [UInt8]?
  /// The last reply, when every message was decided; `nil`: there is none.
  func summary() -> [UInt8]?
}

/// A message of a stream of commands.
package struct CommandMessage {
  package let requestKey: [UInt8]
  package let actingFor: String?
  package let command: Result<Command, Refusal>

  package init(requestKey: [UInt8], actingFor: String?, command: Result<Command, Refusal>) {
    self.requestKey = requestKey
    self.actingFor = actingFor
    self.command = command
  }
}
