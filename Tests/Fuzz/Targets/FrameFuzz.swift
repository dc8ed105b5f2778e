internal import Bytes
internal import RPC

enum FrameFuzz {
  private struct Frame: Equatable {
    let header: FrameHeader
    let payload: [UInt8]
  }

  private struct Reading: Equatable {
    var frames: [Frame] = []
    var error: FrameError?
    var isInFrame = false
  }

  /// Two bytes say how to read, the rest is read.
  static func run(_ input: [UInt8]) {
    var source = ByteSource(input)
    let (piece, options) = (Int(source.next()) + 1, source.next())
    var bytes = source.next(input.count)
    // Otherwise the checksum would let nothing through that a fuzzer thought of.
    if options & 1 != 0 { seal(&bytes) }
    let limit = options & 2 != 0 ? 64 : 65_536
    let whole = read([bytes], limit, hasChecksum: options & 4 == 0)
    let pieces = stride(from: 0, to: bytes.count, by: piece).map { Array(bytes[$0..<min($0 + piece, bytes.count)]) }
    let again = read(pieces, limit, hasChecksum: options & 4 == 0)
    precondition(whole == again, "in pieces of \(piece) bytes it reads differently")
    for frame in whole.frames {
      precondition(frame.payload.count <= limit && frame.header.length == frame.payload.count)
    }
  }

  private static func read(_ pieces: [[UInt8]], _ limit: Int, hasChecksum: Bool) -> Reading {
    var reader = FrameReader(frameBytesMax: limit)
    reader.hasChecksum = hasChecksum
    var reading = Reading()
    do throws(FrameError) {
      for piece in pieces {
        try piece.withRawSpan { (span) throws(FrameError) in
          try reader.read(span) { (_, header, payload) throws(FrameError) in
            reading.frames.append(Frame(header: header, payload: [UInt8](copying: payload)))
            return true
          }
        }
      }
      reading.isInFrame = reader.isInFrame
    } catch {
      reading.error = error
    }
    return reading
  }

  /// Puts the right checksum into each frame.
  static func seal(_ bytes: inout [UInt8]) {
    var start = 0
    while bytes.count - start >= FrameHeader.byteCount {
      let length = bytes.withRawSpan { Int($0.littleEndian(at: start, as: UInt32.self)) }
      let end = start + FrameHeader.byteCount + length
      guard end <= bytes.count else { return }
      let checksum = Checksum.of(
        frameHeader: Array(bytes[start..<start + 12]), payload: Array(bytes[start + FrameHeader.byteCount..<end]))
      for index in 0..<4 { bytes[start + 12 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
      start = end
    }
  }
}

extension Checksum {
  /// Of a frame: the header's first twelve bytes, and the payload.
  static func of(frameHeader: [UInt8], payload: [UInt8]) -> UInt32 {
    (frameHeader + payload).withRawSpan { Checksum.of($0) }
  }
}
