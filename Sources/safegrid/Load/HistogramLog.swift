import Glibc
import Histogram
import Synchronization

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

/// A file that is written line by line; the first failure is told at the end.
final class OutputFile: Sendable {
  private struct State {
    var descriptor: Int32
    var failure: Int32?
  }

  private let path: String
  private let state: Mutex<State>

  init(_ path: String) throws {
    self.path = path
    // Safe: the path is a string with its end.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.fault(path, errno) }
    state = Mutex(State(descriptor: descriptor))
  }

  private static func fault(_ path: String, _ code: Int32) -> InputFault {
    InputFault("cannot write \(path): \(unsafe String(cString: strerror(code)))")
  }

  func write(_ text: String) {
    state.withLock { state in
      var rest = Array(text.utf8)[...]
      while state.failure == nil, !rest.isEmpty {
        // Safe: the buffer is valid for the call.
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { state.failure = errno }
      }
    }
  }

  func close() throws {
    let failure = state.withLock { state in
      defer { state.descriptor = -1 }
      return Glibc.close(state.descriptor) == 0 ? state.failure : state.failure ?? errno
    }
    if let failure { throw Self.fault(path, failure) }
  }

  deinit { state.withLock { if $0.descriptor >= 0 { _ = Glibc.close($0.descriptor) } } }
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
