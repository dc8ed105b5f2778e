import Example
import Foundation
import Fuzzing
import Support
import Testing

/// The fuzzers' corpora, without a fuzzer: what they found once stays mended.
@Suite struct CorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fuzz/corpus")
    .standardized

  private static func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
    let folder = folder.appending(path: target.rawValue).path
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      [UInt8](FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data())
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func `each input, and what is near it, keeps the target's promises`(target: FuzzTarget) throws {
    let inputs = try Self.inputs(of: target)
    #expect(inputs.count >= 10)
    var random = SplitMix64(seed: testSeed(410) ^ UInt64(target.rawValue.utf8.count))
    for input in inputs {
      target.run(input)
      for _ in 0..<(target == .idl ? 1 : 10) { target.run(Self.mutated(input, with: inputs, &random)) }
    }
  }

  /// A byte changed, a piece lost or doubled, or the end of another input.
  private static func mutated(_ input: [UInt8], with others: [[UInt8]], _ random: inout SplitMix64) -> [UInt8] {
    var result = input
    for _ in 0..<(1 + random.next() % 3) where !result.isEmpty {
      let start = Int(random.next() % UInt64(result.count))
      let end = min(result.count, start + Int(random.next() % 16))
      switch random.next() % 4 {
      case 0: result[start] = UInt8(truncatingIfNeeded: random.next())
      case 1: result.removeSubrange(start..<end)
      case 2: result.insert(contentsOf: result[start..<end], at: end)
      default: result = Array(result[..<start] + random.pick(others).dropFirst(start))
      }
    }
    return result
  }
}
