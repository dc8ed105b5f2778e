import Bytes
import Testing

@Test func crc() {
  Array("123456789".utf8).withRawSpan { #expect(Checksum.of($0) == 0xE3069283) }
  [UInt8](repeating: 0, count: 32).withRawSpan { #expect(Checksum.of($0) == 0x8A9136AA) }
}
