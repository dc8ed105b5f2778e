import Glibc

/// How far long work is, on one line of the terminal; nothing where nobody looks.
struct Progress {
  private let label: String
  private let total: Int?
  private let isShown = isatty(2) == 1

  /// - Parameter total: absent where nobody knows.
  init(_ label: String, of total: Int? = nil) {
    self.label = label
    self.total = total
  }

  func show(_ done: Int) { write("\r\(label) \(done)\(total.map { "/\($0) (\(done * 100 / max(1, $0)) %)" } ?? "")") }

  func end() { write("\r\u{1B}[K") }

  private func write(_ text: String) {
    guard isShown else { return }
    let bytes = Array(text.utf8)
    // Safe: the buffer is valid for the call. A failed write to standard error has nowhere to be reported.
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
