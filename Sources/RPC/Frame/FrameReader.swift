internal import Bytes

/// Cuts a stream of bytes into frames, wherever the transport cut it before. Whole frames are read in place; only a
/// frame that is not complete is kept.
package struct FrameReader {
  private var partial: [UInt8] = []
  /// Whole frames so far.
  package private(set) var frames: UInt64 = 0
  package var frameBytesMax: Int
  /// Whether frames carry checksums; agreed upon in the handshake.
  package var hasChecksum = true

  package init(frameBytesMax: Int) { self.frameBytesMax = frameBytesMax }

  /// Whether a frame has begun and is not whole.
  package var isInFrame: Bool { !partial.isEmpty }

  /// Hands every whole frame to `body`, in order. `body` answers whether to go on; the limits of this reader may be
  /// changed in it through `self`.
  package mutating func read(
    _ span: RawSpan, _ body: (inout FrameReader, FrameHeader, RawSpan) throws(FrameError) -> Bool
  ) throws(FrameError) {
    var offset = 0
    // First complete what is kept, taking from the new bytes no more than it needs.
    while !partial.isEmpty {
      guard try fill(to: FrameHeader.byteCount, from: span, &offset) else { return }
      let max = frameBytesMax
      let header = try partial.withRawSpan { (bytes) throws(FrameError) in try FrameHeader(bytes, frameBytesMax: max) }
      guard try fill(to: FrameHeader.byteCount + header.length, from: span, &offset) else { return }
      let whole = partial
      partial.removeAll(keepingCapacity: true)
      let goesOn = try whole.withRawSpan { (bytes) throws(FrameError) in try hand(bytes, header, body) }
      guard goesOn else { return }
    }
    while span.byteCount - offset >= FrameHeader.byteCount {
      let rest = span.extracting(offset..<span.byteCount)
      let header = try FrameHeader(rest, frameBytesMax: frameBytesMax)
      let size = FrameHeader.byteCount + header.length
      guard rest.byteCount >= size else { break }
      offset += size
      guard try hand(rest.extracting(0..<size), header, body) else { return }
    }
    if offset < span.byteCount { partial = [UInt8](copying: span.extracting(offset..<span.byteCount)) }
  }

  /// Moves bytes into `partial` until it holds `count`; answers whether it does.
  private mutating func fill(to count: Int, from span: RawSpan, _ offset: inout Int) throws(FrameError) -> Bool {
    let missing = count - partial.count
    if missing > 0 {
      let step = min(missing, span.byteCount - offset)
      partial += [UInt8](copying: span.extracting(offset..<offset + step))
      offset += step
    }
    return partial.count >= count
  }

  private mutating func hand(
    _ frame: RawSpan, _ header: FrameHeader,
    _ body: (inout FrameReader, FrameHeader, RawSpan) throws(FrameError) -> Bool
  ) throws(FrameError) -> Bool {
    let payload = frame.extracting(FrameHeader.byteCount..<frame.byteCount)
    if hasChecksum {
      var checksum = Checksum()
      checksum.update(frame.extracting(0..<FrameHeader.checkedBytes))
      checksum.update(payload)
      guard checksum.value == header.checksum else { throw .checksum }
    } else if header.checksum != 0 {
      throw .reservedBits
    }
    frames += 1
    return try body(&self, header, payload)
  }
}
