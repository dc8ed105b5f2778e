import API
import ArgumentParser
import Client
import RPC
import Records

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Writes a verified copy of everything into a new folder, while the daemon serves.",
    discussion: """
      The folder is made on the daemon's machine, by the daemon's account. It holds the newest copy of the state and the \
      whole journal, both read back and verified. "safegrid restore" makes a data folder of it.
      """)
  @Argument(help: "The folder to make; absolute.", completion: .directory) var path: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    var callOptions = session.options
    callOptions.timeout = .seconds(3600)
    let report = try await AdminClient(session.connection).backup(MakeBackup(path: path), callOptions)
    try session.show(report) {
      localized(
        "\(path) holds everything up to entry \($0.sequence): \($0.byteCount) bytes, verified",
        "\(path) 已备份至日志条目\($0.sequence)：\($0.byteCount)字节，已校验")
    }
  }
}
