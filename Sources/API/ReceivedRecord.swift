internal import Bytes
internal import RPC

extension WireRecord {
  /// A record as a server sent it.
  init(received body: [UInt8]) throws(CallFailure) {
    do throws(RecordFault) { self = try Self(encoded: body) } catch { throw CallFailure(malformedReply: "\(error)") }
  }
}
