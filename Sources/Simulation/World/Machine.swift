internal import Example
internal import Journal
internal import Support

/// The machine that the daemon runs on: its disk, which can fail, and its power, which can.
final class Machine {
  private let folder = TemporaryFolder(isInMemory: true)
  private let fault: PlantedFault?
  /// Power cuts so far; each leaves a disk of its own.
  private var cutCount = 0
  private var log: FileLog
  private var model = DiskModel()

  /// Where the daemon keeps its data.
  var dataFolder: String { "\(folder.path)/\(cutCount)/data" }

  init(_ fault: PlantedFault?) throws {
    self.fault = fault
    try PosixDisk.createFolder("\(folder.path)/0")
    log = FileLog(of: "\(folder.path)/0")
    takeStock()
  }

  /// From one of the next calls on, the disk takes nothing any more: nothing that the process does then is left of it.
  func failDisk(within callCount: UInt64, _ random: inout SplitMix64) {
    log.fail(.all, from: Int(1 + random.next() % callCount), through: .max, code: 5)
  }

  func healDisk() { log.heal() }

  /// Whether the process has met a failing call.
  var hasFailed: Bool { log.faultCount > 0 }

  func cutPower(_ random: inout SplitMix64) throws {
    for operation in log.take() where !isLie(operation, &random) { model.apply(operation) }
    var image = model.afterPowerCut(.any(&random), &random)
    image.startMachine(dataFolder: "data")
    cutCount += 1
    let path = "\(folder.path)/\(cutCount)"
    try PosixDisk.createFolder(path)
    try image.write(to: path)
    log = FileLog(of: path)
    model = DiskModel()
    takeStock()
  }

  /// What lies on the disk already was never in doubt.
  private func takeStock() {
    for operation in log.take() { model.apply(operation) }
  }

  /// The planted disk: some syncs do nothing.
  private func isLie(_ operation: FileOperation, _ random: inout SplitMix64) -> Bool {
    guard fault == .lostWrite, case .synced = operation else { return false }
    return random.chance(0.2)
  }
}
