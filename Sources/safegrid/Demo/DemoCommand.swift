import ArgumentParser

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Tells the whole story with a daemon of its own: import, storm, loop, kill, recovery.",
    discussion: "Takes less than a minute, and leaves nothing behind unless --keep says where.")
  @Option(help: "Keep data, log and socket in this folder, which must be new or empty.", completion: .directory)
  var keep: String?
  @Option(help: "Enterprises to make.") var enterprises = 3000
  @Option(help: "Hazards to submit in the first storm; the second, with the kill in it, has half as many.")
  var hazards = 6000

  func validate() throws {
    guard (500...100_000).contains(enterprises) else {
      throw ValidationError("--enterprises lies between 500 and 100000")
    }
    guard (100...1_000_000).contains(hazards) else { throw ValidationError("--hazards lies between 100 and 1000000") }
  }

  func run() async throws {
    let folder = try OwnFolder(keep: keep, name: "safegrid-demo")
    defer { folder.leave() }
    folder.leaveWhenInterrupted()
    try await Language.$chosen.withValue(.both) {
      var demo = try await Demo(folder: folder.path, enterpriseCount: enterprises, hazardCount: hazards)
      try await demo.tell()
    }
    if let keep {
      print(
        """

        Kept in \(keep): data/, daemon.log. Start it again with:
          \(DaemonProcess.executable) --data \(keep)/data --listen unix:\(keep)/safegrid.sock --manual-clock
        """
      )
    }
  }
}
