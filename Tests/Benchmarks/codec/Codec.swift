internal import Bytes
internal import Foundation
internal import Records
internal import Scalars

/// Our generated code on a hazard record: how long reading and writing it take.
///
///     codec write FILE
///     codec run FILE SECONDS
@main
struct Codec {
  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == "write" {
      try Data(sample.encoded()).write(to: URL(filePath: arguments[2]))
    } else if arguments.count == 4, arguments[1] == "run", let seconds = Double(arguments[3]) {
      try run([UInt8](Data(contentsOf: URL(filePath: arguments[2]))), seconds)
    } else {
      fatalError("usage: codec write FILE | codec run FILE SECONDS")
    }
  }

  private static func run(_ bytes: [UInt8], _ seconds: Double) throws {
    var sum: UInt64 = 0
    let decode = try nanoseconds(seconds) { sum &+= try Hazard(encoded: bytes).version }
    let record = try Hazard(encoded: bytes)
    let encode = nanoseconds(seconds) { sum &+= UInt64(record.encoded().count) }
    guard record.encoded() == bytes, sum > 0 else { fatalError("the record does not survive") }
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

  /// A case on its way, as the store holds it.
  private static let sample = Hazard(
    id: 4711, number: HazardNumber("4212221000010012026030200001")!, source: .memberPatrol, enterpriseId: 1234,
    grid: GridCode("421222100001001")!, point: Point(longitude: 113.8175, latitude: 29.2461), class: "消防",
    domain: .fire,
    severity: .general, urgency: .urgent, description: "仓库消防通道被货物堵塞，灭火器过期，应急照明损坏，须立即清理并更换。",
    photos: [1, 2].map {
      Attachment(
        sha256: [UInt8](repeating: $0, count: 32), takenAt: Instant("2026-03-02T08:31:00+08:00")!,
        point: Point(longitude: 113.8176, latitude: 29.2462), caption: "现场照片")
    }, state: .rectifying, holder: GridCode("421222100001000")!, assignee: "gm-421222100001001",
    reporter: "gm-421222100001001", submittedAt: Instant("2026-03-02T08:31:05+08:00")!,
    dueAt: Instant("2026-03-09T18:00:00+08:00")!, timerAt: Instant("2026-03-09T18:00:00+08:00")!, extensions: 1,
    round: 1,
    fixTerm: Term("5wd")!, fixStartedAt: Instant("2026-03-02T10:00:00+08:00")!, eventCount: 5, version: 5,
    termStartedAt: Instant("2026-03-02T10:00:00+08:00")!)
}
