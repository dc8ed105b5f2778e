import Foundation
import SwiftProtobuf

/// swift-protobuf on the record that `../codec` wrote.
///
///     swift-protobuf-codec run FILE SECONDS
@main
struct Codec {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let seconds = Double(arguments[3]) else {
      fatalError("usage: swift-protobuf-codec run FILE SECONDS")
    }
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: arguments[2])))
    var sum: UInt64 = 0
    let decode = try nanoseconds(seconds) { sum &+= try Safegrid_Hazard(serializedBytes: bytes).version }
    let record = try Safegrid_Hazard(serializedBytes: bytes)
    let encode = try nanoseconds(seconds) {
      let written: [UInt8] = try record.serializedBytes()
      sum &+= UInt64(written.count)
    }
    let written: [UInt8] = try record.serializedBytes()
    guard written == bytes, sum > 0 else { fatalError("the record does not survive") }
    print(#"{"bytes":\#(bytes.count),"decode_ns":\#(decode),"encode_ns":\#(encode)}"#)
  }

  private static func nanoseconds(_ seconds: Double, _ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let (batch, start) = (1000, clock.now)
    var count = 0
    while clock.now - start < .seconds(seconds) {
      for _ in 0..<batch { try work() }
      count += batch
    }
    return (clock.now - start) / .nanoseconds(1) / Double(count)
  }
}
