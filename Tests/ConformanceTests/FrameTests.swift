import Bytes
import RPC
import Testing

/// `frames.json`: streams of bytes, the frames in them, and what is none.
@Suite struct FrameTests {
  private static let cases = Vector.file("frames.json")

  private struct Frame: Equatable, CustomStringConvertible {
    let type: Int
    let flags: Int
    let stream: Int
    let payload: [UInt8]

    init(_ header: FrameHeader, _ payload: RawSpan) {
      (type, flags, stream) = (Int(header.type.rawValue), Int(header.flags.rawValue), Int(header.stream))
      self.payload = [UInt8](copying: payload)
    }

    init(_ vector: Vector) {
      (type, flags, stream) = (vector.number("type")!, vector.number("flags")!, vector.number("stream")!)
      payload = vector.bytes("payload")!
    }

    var description: String { "\(type) \(flags) \(stream) \(payload.hexadecimal)" }
  }

  private struct Reading: Equatable {
    var frames: [Frame] = []
    /// As GOAWAY says it.
    var refusal: Int?
    var isInFrame = false
  }

  private func read(_ pieces: [ArraySlice<UInt8>], _ vector: Vector) -> Reading {
    var reader = FrameReader(frameBytesMax: vector.number("frameBytesMax") ?? 65_536)
    reader.hasChecksum = vector.truth("checksum") ?? true
    var reading = Reading()
    do throws(FrameError) {
      for piece in pieces {
        try Array(piece).withRawSpan { (span) throws(FrameError) in
          try reader.read(span) { (_, header, payload) throws(FrameError) in
            reading.frames.append(Frame(header, payload))
            return true
          }
        }
      }
    } catch {
      reading.refusal = Int(error.code)
    }
    reading.isInFrame = reading.refusal == nil && reader.isInFrame
    return reading
  }

  @Test(arguments: cases)
  func `a stream of bytes, in pieces of every kind`(vector: Vector) throws {
    let bytes = try #require(vector.bytes("hex"))
    let expected = Reading(
      frames: vector.vectors("frames").map(Frame.init), refusal: vector.number("refused"),
      isInFrame: vector.truth("incomplete") ?? false)
    #expect(read([bytes[...]], vector) == expected, "whole")
    #expect(read(bytes.indices.map { bytes[$0...$0] }, vector) == expected, "byte by byte")
    for cut in bytes.indices { #expect(read([bytes[..<cut], bytes[cut...]], vector) == expected, "cut at \(cut)") }
  }

  @Test func `every refusal of a frame by itself occurs`() {
    #expect(Set(Self.cases.compactMap { $0.number("refused") }) == [2, 3, 4, 5])
  }
}
