import Glibc
import Histogram

/// Writes HdrHistogram's interval log, format 1.3: one line for each look, kind of call and curve.
///
/// The tag is the kind for response times and `KIND.service` for service times. Values are microseconds. What was due in
/// the warm-up is left out.
final class HistogramLogWriter: Sendable {
  private let file: OutputFile

  /// - Parameter startTime: seconds since 1970.
  init(path: String, startTime: Double) throws {
    file = try OutputFile(path)
    file.write(
      """
      #[Written by safegrid load; values are microseconds, Interval_Max is in milliseconds]
      #[Histogram log format version 1.3]
      #[StartTime: \(Self.decimal(startTime)) (seconds since epoch)]
      #[BaseTime: \(Self.decimal(startTime)) (seconds since epoch)]
      "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

      """)
  }

  /// - Parameter begin: seconds since the start.
  func write(_ interval: LoadInterval, begin: Double, seconds: Double) {
    for (kind, tally) in interval.kinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      for (tag, histogram) in [
        (kind.rawValue, tally.responses), (kind.rawValue + LoadReport.serviceSuffix, tally.services),
      ]
      where histogram.totalCount > 0 {
        let times = "\(Self.decimal(begin)),\(Self.decimal(seconds)),\(Self.decimal(Double(histogram.max) / 1000))"
        file.write("Tag=\(tag),\(times),\(HistogramEncoding.encode(histogram))\n")
      }
    }
  }

  func close() throws { try file.close() }

  /// Three digits behind the point, as the format's other writers do.
  private static func decimal(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    return "\(thousandths / 1000).\(String(String(1000 + thousandths % 1000).dropFirst()))"
  }
}

/// Interval logs of any number of generators, as one histogram for each tag.
struct HistogramLog {
  /// Lines without a tag are found under the empty one.
  private(set) var histograms: [String: Histogram<UInt64>] = [:]
  private(set) var intervals = 0

  /// Adds a log to what is there.
  ///
  /// - Parameter name: what a fault calls the log.
  mutating func add(_ text: String, name: String) throws {
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("\"") { continue }
      do { try add(line: line) } catch let fault as InputFault {
        throw InputFault("\(name):\(number + 1): this interval cannot be read: \(fault)")
      }
    }
  }

  private mutating func add(line: Substring) throws {
    var fields = line.split(separator: ",", omittingEmptySubsequences: false)
    var tag = ""
    if let first = fields.first, first.hasPrefix("Tag=") {
      tag = String(first.dropFirst(4))
      fields.removeFirst()
    }
    guard fields.count == 4, let last = fields.last else {
      throw InputFault("it has \(fields.count) fields; begin, length, maximum and histogram make 4")
    }
    let histogram = try HistogramEncoding.decode(last)
    intervals += 1
    guard let merged = histograms[tag] else {
      histograms[tag] = histogram
      return
    }
    guard merged.numberOfSignificantValueDigits == histogram.numberOfSignificantValueDigits,
      merged.lowestDiscernibleValue == histogram.lowestDiscernibleValue
    else { throw InputFault("its digits or units differ from those before it under the same tag") }
    histograms[tag]?.add(histogram)
  }
}
