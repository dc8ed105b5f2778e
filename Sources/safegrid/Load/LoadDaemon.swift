import Dispatch
import Glibc
import Transport

/// A daemon that a run starts for itself, and kills.
///
/// Safe to share: the process is touched on the queue alone, where waiting for it holds nobody up.
final class LoadDaemon: @unchecked Sendable {
  let endpoint: Endpoint
  let dataFolder: String
  private let log: String
  private let queue = DispatchQueue(label: "safegrid.load.daemon")
  private var process: DaemonProcess?

  /// - Parameters:
  ///   - folder: for the socket and the log.
  ///   - dataFolder: absent: below `folder`.
  init(folder: String, dataFolder: String?) async throws {
    endpoint = .unix(path: "\(folder)/safegrid.sock")
    log = "\(folder)/daemon.log"
    self.dataFolder = dataFolder ?? "\(folder)/data"
    try await perform { try self.start() }
  }

  private func start() throws {
    process = try DaemonProcess(
      arguments: ["--data", dataFolder, "--listen", "\(endpoint)", "--log-level", "warning"], log: log)
  }

  private func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }

  /// Kills it every so many seconds, and starts it again at once, until the task is cancelled.
  ///
  /// - Parameter start: what the times of the kills count from, on ``LoadClock``.
  func kill(every seconds: Int, since start: UInt64) async throws -> [LoadReport.Kill] {
    var kills: [LoadReport.Kill] = []
    while true {
      do { try await Task.sleep(for: .seconds(seconds)) } catch { return kills }
      kills.append(
        try await perform {
          let killed = LoadClock.now
          self.process?.end(by: SIGKILL)
          try self.start()
          return LoadReport.Kill(
            at: Double(killed - start) / 1e9, restartMilliseconds: Double(LoadClock.now - killed) / 1e6)
        })
    }
  }

  /// Ends it in order.
  func end() async throws {
    let status = try await perform { self.process?.end(by: SIGTERM) ?? 0 }
    guard status == 0 else { throw InputFault("the daemon ended with status \(status); its log is \(log)") }
  }
}
