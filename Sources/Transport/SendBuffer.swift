internal import Bytes
internal import NIOCore

/// Through which the channels of one event loop send. A write is nearly always done at once, so that the next takes the
/// same memory again instead of asking for new.
package final class SendBuffer {
  /// What a large reply took is given back behind it.
  private static var keptBytesMax: Int { 256 << 10 }

  private var buffer = ByteBuffer()

  package init() {}

  /// A buffer that holds the bytes. As long as a channel keeps it, the next has memory of its own.
  func filled(with span: RawSpan) -> ByteBuffer {
    if buffer.capacity > Self.keptBytesMax { buffer = ByteBuffer() }
    buffer.clear(minimumCapacity: span.byteCount)
    // Safe: the bytes are copied during the call.
    _ = unsafe span.withUnsafeBytes { unsafe buffer.writeBytes($0) }
    return buffer
  }
}
