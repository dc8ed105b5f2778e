import Bytes
import RPC

/// A client that writes frames by hand, right or wrong.
final class RawClient {
  /// A frame with its checksum.
  static func frame(_ type: UInt8, stream: UInt32, flags: UInt8 = 0, _ payload: [UInt8], length: UInt32? = nil)
    -> [UInt8]
  {
    var writer = ByteWriter()
    writer.appendLittleEndian(length ?? UInt32(payload.count))
    writer.append(type)
    writer.append(flags)
    writer.appendLittleEndian(UInt16(0))
    writer.appendLittleEndian(stream)
    var checked = writer.bytes()
    checked += payload
    writer.appendLittleEndian(checked.withRawSpan { Checksum.of($0) })
    writer.append(payload)
    return writer.bytes()
  }

  static func hello(_ change: (inout Hello) -> Void = { _ in }) -> [UInt8] {
    var hello = Hello(
      versionMin: 1, versionMax: 1, frameBytesMax: 65_536, messageBytesMax: 4 << 20, streamCredit: 1 << 20,
      connectionCredit: 8 << 20, client: "raw")
    change(&hello)
    return Magic.bytes + frame(FrameType.hello.rawValue, stream: 0, hello.encoded())
  }

  static func open(method: UInt32, messageBytes: UInt64? = nil, body: [UInt8] = []) -> [UInt8] {
    let head = Open(method: method, messageBytes: messageBytes).encoded()
    return [UInt8(head.count & 255), UInt8(head.count >> 8)] + head + body
  }

  func greet<Handler>(_ server: ServerConnection<Handler>) { Self.hello().withRawSpan { server.receive($0) } }

  func send<Handler>(
    _ type: FrameType, stream: UInt32, flags: UInt8, _ payload: [UInt8], to server: ServerConnection<Handler>
  ) {
    Self.frame(type.rawValue, stream: stream, flags: flags, payload).withRawSpan { server.receive($0) }
  }

  /// The statuses among the frames that the server has to say, by stream.
  func statuses<Handler>(from server: ServerConnection<Handler>) throws -> [UInt32: Status] {
    var result: [UInt32: Status] = [:]
    for frame in Self.frames(in: server.outbound.bytes()) where frame.type == FrameType.status.rawValue {
      let headBytes = Int(frame.payload[0]) | Int(frame.payload[1]) << 8
      result[frame.stream] = try Status(encoded: Array(frame.payload[2..<2 + headBytes]))
    }
    return result
  }

  static func frames(in bytes: [UInt8]) -> [(type: UInt8, stream: UInt32, payload: [UInt8])] {
    var frames: [(type: UInt8, stream: UInt32, payload: [UInt8])] = []
    var offset = 0
    while offset + FrameHeader.byteCount <= bytes.count {
      let (length, stream) = bytes.withRawSpan { span in
        (Int(span.littleEndian(at: offset, as: UInt32.self)), span.littleEndian(at: offset + 8, as: UInt32.self))
      }
      let start = offset + FrameHeader.byteCount
      frames.append((bytes[offset + 4], stream, Array(bytes[start..<start + length])))
      offset = start + length
    }
    return frames
  }
}
