import Bytes
import NIOCore
import Testing

@testable import Transport

@Suite struct SendBufferTests {
  @Test func `what a channel has not sent yet stays as it is`() {
    let sender = SendBuffer()
    var kept: [ByteBuffer] = []
    for round in 0..<10 as Range<UInt8> {
      kept.append([UInt8](repeating: round, count: 100 + Int(round)).withRawSpan { sender.filled(with: $0) })
    }
    for (round, buffer) in kept.enumerated() {
      #expect(Array(buffer.readableBytesView) == [UInt8](repeating: UInt8(round), count: 100 + round))
    }
  }

  @Test func `memory that was sent is used again, but not for ever what a large reply took`() {
    let sender = SendBuffer()
    func capacity(_ count: Int) -> Int {
      [UInt8](repeating: 1, count: count).withRawSpan { sender.filled(with: $0).capacity }
    }
    #expect(capacity(1000) == 1024 && capacity(10) == 1024)
    #expect(capacity(1 << 20) == 1 << 20)
    #expect(capacity(10) < 1024)
  }
}
