internal import Bytes
public import RPC
public import Records

extension CallFailure {
  /// The failure that tells a client of a refusal. Nothing was executed.
  package init(_ refusal: Refusal, _ outcome: CallOutcome) {
    self.init(
      StatusCode(rawValue: refusal.statusCode) ?? .unknown, outcome, refusal.message.english,
      errorNumber: refusal.number, errorBody: refusal.body)
  }

  /// The domain's reason, when the server gave one that this version knows.
  public var refusal: Refusal? {
    guard errorNumber != 0 else { return nil }
    do throws(RecordFault) { return try Refusal(number: errorNumber, body: errorBody) } catch { return nil }
  }
}
