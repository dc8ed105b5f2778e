import Foundation
import GRPCCore

/// `ledger.Ledger` of `ledger.proto`. Its three messages have one field each, which is read and written here by hand: less
/// work than generated code would do.
struct LedgerService: RegistrableRPCService {
  private let ledger: Ledger

  init(_ ledger: Ledger) { self.ledger = ledger }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let ledger = ledger
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: "ledger.Ledger", method: "Get"),
      deserializer: NumberCoding(), serializer: BytesCoding()
    ) { request, _ in
      let id = try await ServerRequest(stream: request).message
      guard let row = try await ledger.row(Int64(id)) else { throw RPCError(code: .notFound, message: "no row \(id)") }
      return StreamingServerResponse(single: ServerResponse(message: row))
    }
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: "ledger.Ledger", method: "Submit"),
      deserializer: BytesCoding(), serializer: NumberCoding()
    ) { request, _ in
      let row = try await ServerRequest(stream: request).message
      return StreamingServerResponse(single: ServerResponse(message: UInt64(try await ledger.insert(row))))
    }
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: "ledger.Ledger", method: "Echo"),
      deserializer: BytesCoding(), serializer: BytesCoding()
    ) { request, _ in
      StreamingServerResponse(single: ServerResponse(message: try await ServerRequest(stream: request).message))
    }
  }
}

/// A message whose field 1 is a varint.
private struct NumberCoding: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: UInt64) -> Bytes {
    Bytes([0x08] + varint(message))
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> UInt64 {
    bytes.withUnsafeBytes { buffer in number(buffer.dropFirst()).value }
  }
}

/// A message whose field 1 is bytes.
private struct BytesCoding: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: Data) -> Bytes {
    Bytes([0x0a] + varint(UInt64(message.count)) + message)
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Data {
    bytes.withUnsafeBytes { buffer in Data(buffer.dropFirst(1 + number(buffer.dropFirst()).byteCount)) }
  }
}

private func varint(_ value: UInt64) -> [UInt8] {
  var (rest, bytes) = (value, [UInt8]())
  while rest >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  return bytes + [UInt8(rest)]
}

private func number(_ bytes: some Sequence<UInt8>) -> (value: UInt64, byteCount: Int) {
  var (value, count): (UInt64, Int) = (0, 0)
  for byte in bytes {
    value |= UInt64(byte & 0x7f) << (7 * count)
    count += 1
    if byte < 0x80 { break }
  }
  return (value, count)
}
