internal import Bytes

/// What a frame is for.
package enum FrameType: UInt8, Sendable, CaseIterable {
  case hello = 1
  case helloOk = 2
  case open = 3
  case data = 4
  case status = 5
  case cancel = 6
  case credit = 7
  case ping = 8
  case pong = 9
  case goAway = 10

  /// As the protocol writes it.
  var name: String {
    switch self {
    case .hello: "HELLO"
    case .helloOk: "HELLO_OK"
    case .open: "OPEN"
    case .data: "DATA"
    case .status: "STATUS"
    case .cancel: "CANCEL"
    case .credit: "CREDIT"
    case .ping: "PING"
    case .pong: "PONG"
    case .goAway: "GOAWAY"
    }
  }
}

package struct FrameFlags: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender is done with the stream.
  package static let end = FrameFlags(rawValue: 1)
  /// The message goes on in the next DATA frame.
  package static let more = FrameFlags(rawValue: 2)
  static let all: FrameFlags = [.end, .more]
}

/// The 16 bytes before each payload, little-endian:
/// `length u32 | type u8 | flags u8 | reserved u16 | stream u32 | crc32c u32`.
package struct FrameHeader: Sendable, Equatable {
  package static let byteCount = 16
  /// The checksum covers these bytes of the header, and the payload.
  static let checkedBytes = 12

  package var length: Int
  package var type: FrameType
  package var flags: FrameFlags
  /// 0: the connection itself.
  package var stream: UInt32
  package var checksum: UInt32

  init(length: Int, type: FrameType, flags: FrameFlags, stream: UInt32, checksum: UInt32) {
    self.length = length
    self.type = type
    self.flags = flags
    self.stream = stream
    self.checksum = checksum
  }

  /// Reads a header; everything about it that can be wrong by itself is refused here, before any allocation.
  init(_ span: RawSpan, frameBytesMax: Int) throws(FrameError) {
    let length = Int(span.littleEndian(at: 0, as: UInt32.self))
    guard length <= frameBytesMax else { throw .tooLarge(bytes: length, limit: frameBytesMax) }
    guard let type = FrameType(rawValue: span.littleEndian(at: 4)) else {
      throw .unknownType(span.littleEndian(at: 4))
    }
    let flags = FrameFlags(rawValue: span.littleEndian(at: 5))
    guard flags.isSubset(of: .all), span.littleEndian(at: 6, as: UInt16.self) == 0 else { throw .reservedBits }
    self.init(
      length: length, type: type, flags: flags, stream: span.littleEndian(at: 8), checksum: span.littleEndian(at: 12))
  }
}

/// The peer broke the protocol. The connection ends; calls that were running are unknown to the client.
package enum FrameError: Error, Equatable, CustomStringConvertible {
  /// The first bytes are not those of this protocol; what they look like.
  case notGridwire(String)
  case tooLarge(bytes: Int, limit: Int)
  case unknownType(UInt8)
  case reservedBits
  case checksum
  case malformed(FrameType, String)
  /// A frame that is not allowed now.
  case unexpected(FrameType, String)
  case version(min: UInt32, max: UInt32)
  case timeout(String)
  case limit(String)
  /// Nobody knows who the peer is.
  case unauthenticated(String)

  /// Stands in GOAWAY; 0 is an orderly end.
  package var code: UInt32 {
    switch self {
    case .notGridwire: 1
    case .tooLarge: 2
    case .unknownType: 3
    case .reservedBits: 4
    case .checksum: 5
    case .malformed: 6
    case .unexpected: 7
    case .version: 8
    case .timeout: 9
    case .limit: 10
    case .unauthenticated: 11
    }
  }

  package var description: String {
    switch self {
    case .notGridwire(let what): "this is a gridwire/1 port; the first bytes look like \(what)"
    case .tooLarge(let bytes, let limit): "a frame of \(bytes) bytes exceeds the limit of \(limit)"
    case .unknownType(let type): "frame type \(type) is not known"
    case .reservedBits: "a reserved bit of a frame header is set"
    case .checksum: "the checksum of a frame is wrong"
    case .malformed(let type, let reason): "a frame \(type.name) is malformed: \(reason)"
    case .unexpected(let type, let reason): "a frame \(type.name) is not allowed here: \(reason)"
    case .version(let min, let max): "versions \(min) to \(max) were offered; this side speaks version 1"
    case .timeout(let what): "\(what) took too long"
    case .limit(let what), .unauthenticated(let what): what
    }
  }
}

/// The bytes before the first frame. The first is no letter and the others are those that text tools mangle, so that
/// HTTP, TLS and terminals are told apart at once.
package enum Magic {
  package static let bytes: [UInt8] = [0x89, 0x47, 0x57, 0x31, 0x0d, 0x0a, 0x1a, 0x0a]

  /// What a peer that says something else seems to speak.
  static func guess(_ span: RawSpan) -> String {
    let first = [UInt8](copying: span.extracting(0..<min(span.byteCount, 8)))
    let text = String(decoding: first, as: UTF8.self)
    if first.starts(with: [0x16, 0x03]) { return "TLS" }
    if text.hasPrefix("PRI ") { return "HTTP/2 (gRPC)" }
    if ["GET ", "POST", "PUT ", "HEAD", "OPTI"].contains(where: text.hasPrefix) { return "HTTP" }
    return first.allSatisfy({ (0x09...0x7e).contains($0) }) ? "text" : "unknown binary data"
  }
}

extension ByteWriter {
  /// Begins a frame: leaves room for its header. Answers where it begins.
  mutating func beginFrame() -> Int {
    let start = count
    appendLittleEndian(UInt64(0))
    appendLittleEndian(UInt64(0))
    return start
  }

  /// Completes the frame that began at `start`.
  mutating func endFrame(
    at start: Int, _ type: FrameType, flags: FrameFlags = [], stream: UInt32 = 0, hasChecksum: Bool
  ) {
    overwriteLittleEndian(at: start, UInt32(count - start - FrameHeader.byteCount))
    overwriteLittleEndian(at: start + 4, type.rawValue)
    overwriteLittleEndian(at: start + 5, flags.rawValue)
    overwriteLittleEndian(at: start + 8, stream)
    guard hasChecksum else { return }
    let checksum = withSpan(from: start) { span in
      var checksum = Checksum()
      checksum.update(span.extracting(0..<FrameHeader.checkedBytes))
      checksum.update(span.extracting(FrameHeader.byteCount..<span.byteCount))
      return checksum.value
    }
    overwriteLittleEndian(at: start + 12, checksum)
  }

  /// OPEN and STATUS: the head's length in two bytes, the head, and then the body.
  mutating func appendHead(_ head: some WireRecord) {
    let start = count
    appendLittleEndian(UInt16(0))
    head.encodeFields(into: &self)
    overwriteLittleEndian(at: start, UInt16(count - start - 2))
  }
}

extension RawSpan {
  /// Splits the payload of OPEN or STATUS.
  func splitHead(_ type: FrameType) throws(FrameError) -> Int {
    guard byteCount >= 2 else { throw .malformed(type, "it is too short") }
    let end = 2 + Int(littleEndian(at: 0, as: UInt16.self))
    guard byteCount >= end else { throw .malformed(type, "its head is longer than the frame") }
    return end
  }
}
