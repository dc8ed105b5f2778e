import API
import Bytes
import RPC
import Records

/// The reports that a gateway passes on: each is a `Hazard.submit` of its own.
final class HazardRelay: CommandStream {
  func read(_ body: RawSpan) throws(RecordFault) -> CommandMessage {
    let message = try RelayedHazard(encoded: body)
    return CommandMessage(
      requestKey: message.requestKey, actingFor: message.actingFor,
      command: Gate.checked(message) { .hazardSubmit(message.hazard) })
  }

  func decided(_ number: UInt64, _ requestKey: [UInt8], _ verdict: Result<CallReply, CallFailure>) -> [UInt8]? {
    var receipt = RelayedReceipt(requestKey: requestKey)
    switch verdict {
    case .success(let reply):
      receipt.sequence = reply.sequence
      do throws(RecordFault) { receipt.receipt = try HazardReceipt(encoded: reply.body) } catch {
        preconditionFailure("a receipt of the journal does not parse: \(error)")
      }
    case .failure(let failure):
      receipt.refusal = CommandRefusal(
        code: failure.code.rawValue, error: failure.errorNumber, fields: failure.errorBody,
        message: String(failure.message.prefix(1024)))
    }
    return receipt.encoded()
  }

  func summary() -> [UInt8]? { nil }
}
