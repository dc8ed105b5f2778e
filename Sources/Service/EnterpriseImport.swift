import API
import Bytes
import RPC
import Records

/// The rows of an import that streams: each is an `Enterprise.import` of one row.
final class EnterpriseImport: CommandStream {
  private var summaryRecord = ImportSummary()

  /// Faults that a summary names: enough to mend a file by, and 100 KiB at most.
  private static let faultsMax = 1000
  private static let reasonMax = 100

  func read(_ body: RawSpan) throws(RecordFault) -> CommandMessage {
    let message = try ImportedRow(encoded: body)
    return CommandMessage(
      requestKey: message.requestKey, actingFor: nil,
      command: Gate.checked(message) { .enterpriseImport(ImportEnterprises(rows: [message.row])) })
  }

  func decided(_ number: UInt64, _ requestKey: [UInt8], _ verdict: Result<CallReply, CallFailure>) -> [UInt8]? {
    switch verdict {
    case .success(let reply):
      do throws(RecordFault) {
        let receipt = try ImportReceipt(encoded: reply.body)
        summaryRecord.created += UInt64(receipt.created)
        summaryRecord.updated += UInt64(receipt.updated)
        summaryRecord.unchanged += UInt64(receipt.unchanged)
      } catch {
        preconditionFailure("a receipt of the journal does not parse: \(error)")
      }
    case .failure(let failure):
      summaryRecord.refused += 1
      guard summaryRecord.faults.count < Self.faultsMax else { break }
      var reason = failure.refusal?.message ?? Label(failure.message, failure.message)
      if case .rowRefused(let refused) = failure.refusal { reason = Label(refused.reason, refused.reasonChinese) }
      summaryRecord.faults.append(
        RowFault(
          row: Int(clamping: number),
          Label(String(reason.english.prefix(Self.reasonMax)), String(reason.chinese.prefix(Self.reasonMax)))))
    }
    return nil
  }

  /// Rows are decided in any order: one that cannot be read does not wait for those before it.
  func summary() -> [UInt8]? {
    summaryRecord.faults.sort { $0.row < $1.row }
    return summaryRecord.encoded()
  }
}
