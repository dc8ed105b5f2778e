import Glibc
import Scalars
import Server

/// Where a run took place: without it a number means little.
struct LoadEnvironment: Codable, Sendable {
  let cpu: String
  let cores: Int
  let memoryMebibytes: Int
  let kernel: String
  /// Of the last minute, when the run began: what else the machine was doing.
  let loadAverage: Double
  /// Descriptors that this process may have open.
  let openFilesMax: Int
  /// Of the daemon's data folder; known only of a daemon that the run started.
  let fileSystem: String?
  let safegrid: String
  let daemon: String
  let commandLine: [String]
  /// UTC.
  let startedAt: String

  init(daemon: String, dataFolder: String?) {
    cpu = Self.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown"
    cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    memoryMebibytes = (sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))) >> 20
    kernel = Self.text("/proc/sys/kernel/osrelease").trimmed
    loadAverage = Self.text("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? 0
    var limit = rlimit()
    // Safe: `limit` is valid for the call.
    openFilesMax =
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
    fileSystem = dataFolder.flatMap(Self.fileSystem)
    safegrid = SafeGridServer.version
    self.daemon = daemon
    commandLine = CommandLine.arguments
    startedAt = "\(SafeGridServer.wallTime())"
  }

  /// Label and value, in the order in which they are shown.
  var lines: [(label: String, value: String)] {
    [
      ("CPU", "\(cpu), \(cores) cores, \(memoryMebibytes) MiB of memory"), ("kernel", "Linux \(kernel)"),
      ("load average", "\(loadAverage) at the start"), ("open files", "at most \(openFilesMax)"),
      ("data on", fileSystem ?? "unknown"), ("versions", "safegrid/\(safegrid) against \(daemon)"),
      ("command", commandLine.joined(separator: " ")), ("started", startedAt),
    ]
  }

  /// The mount that holds the path: its type and source. Of several the longest, and of equal ones the last, covers it.
  private static func fileSystem(of path: String) -> String? {
    // Safe: the result is copied and freed.
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    let absolute = unsafe String(cString: resolved)
    unsafe free(resolved)
    var best: (point: Substring, name: String)?
    for line in text("/proc/self/mounts").split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 2 else { continue }
      let point = fields[1]
      guard point == "/" || absolute == point || absolute.hasPrefix("\(point)/"),
        point.utf8.count >= best?.point.utf8.count ?? 0
      else { continue }
      best = (point, "\(fields[2]) (\(fields[0]) on \(point))")
    }
    return best?.name
  }

  private static func text(_ path: String) -> String {
    (try? InputFile.read(path, isOpaque: true)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static func value(of name: String, in path: String) -> String? {
    text(path).split(separator: "\n").first { $0.hasPrefix(name) }
      .flatMap { $0.split(separator: ":", maxSplits: 1).last.map { String($0).trimmed } }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}

/// Seconds since 1970, to the millisecond.
func wallTimeSeconds() -> Double { Double(SafeGridServer.wallTime().millisecondsSince1970) / 1000 }
