import Bytes
import Foundation
import Histogram
import Support
import Testing

@testable import safegrid

/// Interval logs are those of HdrHistogram's other tools: the vectors were made by the Python package hdrhistogram 0.10.8.
@Suite struct HistogramLogTests {
  /// `HdrHistogram(1, 3600000000, 3)` with ``values``, by `encode()`.
  private static let vector = "HISTFAAAADl4nJNpmSzMwMAgwQABzFCaEURcm7yEwf4DRICF6TQ/22oBJpa//Fz9fkwLzzM+OMqxXpYJABbCDCc="
  private static let values: [(value: UInt64, count: UInt64)] = [
    (0, 2), (1, 1), (1000, 3), (2047, 1), (2048, 1), (2049, 1), (4097, 5), (123_456, 1), (987_654_321, 70_000),
    (3_600_000_000, 1),
  ]
  /// What its iterator over recorded values says.
  private static let recorded: [[UInt64]] = [
    [0, 2], [1, 1], [1000, 3], [2047, 1], [2049, 2], [4099, 5], [123_519, 1], [987_758_591, 70_000],
    [3_600_809_983, 1],
  ]
  /// The same before zlib.
  private static let plain =
    "1c849313000000180000000000000003000000000000000100000000d693a4003ff00000000000000402cb0f06ab100204fd0f0a8f4e02a1cf01e0c508af1d02"
  /// `HdrHistogram(1000, 60000000000, 2)` with 1, 999, 1500, 70000, 59000000000.
  private static let coarse = "HISTFAAAACp4nJNpmSzMwMDAyQABTBCK+QWQ4P3hHsFg/wEqwcTUycS0WJ0JAJC9Bm8="

  private func histogram(highest: UInt64 = 3_600_000_000) -> Histogram<UInt64> {
    var histogram = Histogram<UInt64>(lowestDiscernibleValue: 1, highestTrackableValue: highest)
    for (value, count) in Self.values { histogram.record(value, count: count) }
    return histogram
  }

  private func recorded(_ histogram: Histogram<UInt64>) -> [[UInt64]] {
    histogram.recordedValues().map { [histogram.highestEquivalentForValue($0.value), $0.count] }
  }

  @Test func `what the other library wrote is read`() throws {
    #expect(recorded(try HistogramEncoding.decode(Self.vector)) == Self.recorded)
    #expect(
      recorded(try HistogramEncoding.decode(Self.coarse)).map { $0[0] } == [511, 1023, 1535, 70_143, 59_055_800_319])
  }

  @Test func `what is written is what the other library writes`() throws {
    #expect(HistogramEncoding.plain(histogram()).hexadecimal == Self.plain)
    #expect(recorded(try HistogramEncoding.decode(HistogramEncoding.encode(histogram()))) == Self.recorded)
    let empty = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    #expect(try HistogramEncoding.decode(HistogramEncoding.encode(empty)).totalCount == 0)
  }

  @Test(arguments: [(1, UInt64(1)), (2, 1000), (3, 1), (5, 7)])
  func `every place of a histogram is found again from its value`(digits: Int, lowest: UInt64) {
    let places = BucketPlaces(digits: digits, lowest: lowest)
    let step = max(1, places.indexMax / 5000)
    for index in stride(from: 0, to: places.indexMax, by: step) {
      #expect(places.index(of: places.value(at: index)) == index)
    }
    #expect(places.value(at: places.indexMax - 1) <= .max >> 1)
  }

  @Test func `logs merge tag by tag, with those that have none`() throws {
    let one =
      "#[comment]\n\"StartTimestamp\",…\nTag=submit,0.000,1.000,3.6,\(Self.vector)\n0.1,1.0,3.6,\(Self.coarse)\n"
    var log = HistogramLog()
    try log.add(one, name: "a")
    try log.add("Tag=submit,1.000,1.000,3.6,\(Self.vector)\r\n", name: "b")
    #expect(log.intervals == 3 && log.histograms["submit"]?.totalCount == 140_032)
    #expect(log.histograms[""]?.totalCount == 5)
  }

  @Test(arguments: [
    ("0.1,1.0,\(vector)", "3 fields"), ("0.1,1.0,3.6,HIST", "compressed V2"), ("0.1,1.0,3.6,*", "base64"),
    ("0.1,1.0,3.6,HISTFAAAADl4nJNpmSzMwMAgwQABzFCaEURc", "zlib"),
    ("Tag=,0.1,1.0,3.6,\(vector)\n0.1,1.0,3.6,\(coarse)", "digits or units"),
  ])
  func `a line that is none is refused with its place`(text: String, reason: String) throws {
    var log = HistogramLog()
    let fault = try #require(throws: InputFault.self) { try log.add("#\n" + text, name: "x.hlog") }
    #expect(fault.description.hasPrefix("x.hlog:") && fault.description.contains(reason), "\(fault)")
  }

  @Test func `any damage to an encoding is refused or read, and never a trap`() throws {
    let bytes = try #require(Data(base64Encoded: Self.vector))
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        _ = try? HistogramEncoding.decode(damaged.base64EncodedString())
        _ = try? HistogramEncoding.decode(damaged[..<place].base64EncodedString())
      }
    }
  }
}
