import Records
import Testing

@testable import safegrid

/// What the doctor makes of a daemon's counts: each trouble is named, and it alone.
@Suite struct FindingTests {
  private static let mebibyte: UInt64 = 1 << 20

  /// A daemon that has worked for some time.
  private var sound: ServerMetrics {
    var metrics = ServerMetrics()
    metrics.storage.lastSequence = 3_000_000
    metrics.storage.copiedSequence = 2_900_000
    metrics.storage.mapBytes = 16_384 * Self.mebibyte
    metrics.storage.usedBytes = 8192 * Self.mebibyte
    metrics.storage.freeBytes = 4096 * Self.mebibyte
    metrics.storage.diskFreeBytes = 100_000 * Self.mebibyte
    metrics.storage.fillLevel = .ample
    metrics.storage.oldestReaderCommits = 10_000
    // One in fifty is slow: half of the syncs say nothing of it.
    metrics.writing.syncMicroseconds = Self.distribution([(200, 980), (100_000, 20)])
    return metrics
  }

  private static func distribution(_ ranges: [(upperBound: UInt64, count: UInt64)]) -> Distribution {
    Distribution(
      count: ranges.reduce(0) { $0 + $1.count }, sum: 1, max: ranges.last!.upperBound,
      ranges: ranges.map { ValueRange(upperBound: $0.upperBound, count: $0.count) })
  }

  private func levels(_ findings: [Finding]) -> [Finding.Level] { findings.map(\.level) }

  @Test func `of a sound daemon nothing but good is said`() {
    let findings = Finding.ofDaemon(sound)
    #expect(levels(findings) == [.good, .good], "\(findings)")
    #expect(findings[0].text.hasSuffix("entry 3000000"))
    // Free pages are not in use.
    #expect(findings[1].text.hasPrefix("25 % of the map are in use, the disk has 100000 MiB left"))
  }

  /// What may happen to it, by what is said of it.
  private enum Trouble: String, CaseIterable {
    case failed = "nothing is written any more: EIO"
    case full = "only administration may write"
    case scarce = "25 % of the map"
    case manyFreePages = "are free pages"
    case oldCopy = "would redo 2000001 entries"
    case heldSnapshot = "held for 10001 commits"
    case putOff = "something fell due that cannot be done"
    case slowDisk = "one sync in a hundred"

    var isProblem: Bool { self == .failed || self == .full }

    func befall(_ metrics: inout ServerMetrics) {
      switch self {
      case .failed: metrics.writing.failure = "EIO"
      case .full: metrics.storage.fillLevel = .full
      case .scarce: metrics.storage.fillLevel = .scarce
      case .manyFreePages: metrics.storage.freeBytes += 1
      case .oldCopy: metrics.storage.copiedSequence = 999_999
      case .heldSnapshot: metrics.storage.oldestReaderCommits += 1
      case .putOff: metrics.writing.putOff = PutOff(at: metrics.now, reason: "unset", reasonChinese: "未配置")
      case .slowDisk: metrics.writing.syncMicroseconds = FindingTests.distribution([(200, 980), (131_071, 20)])
      }
    }
  }

  @Test(arguments: Trouble.allCases)
  private func `each trouble is named, with what to do about it`(trouble: Trouble) {
    var metrics = sound
    trouble.befall(&metrics)
    let findings = Finding.ofDaemon(metrics)
    let told = findings.filter { $0.level != .good }
    #expect(levels(told) == [trouble.isProblem ? .problem : .notice], "\(findings)")
    #expect(told.first?.text.contains(trouble.rawValue) == true && told.first?.advice != nil, "\(findings)")
  }
}
