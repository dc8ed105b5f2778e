import API
import ArgumentParser
import Client
import RPC
import Records

struct CompactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Gives back the room of free pages, while the daemon serves.",
    discussion: """
      The state's file never shrinks by itself. The daemon writes a copy without free pages, lets it catch up, and changes       files between two batches; the pause of the writer is printed. It needs as much room again as the state has in use.
      """)
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    var callOptions = session.options
    callOptions.timeout = .seconds(3600)
    let report = try await AdminClient(session.connection).compact(Empty(), callOptions)
    try session.show(report) {
      let pause = milliseconds($0.pauseMicroseconds)
      return localized(
        "\($0.bytesBefore) bytes became \($0.bytesAfter); the writer paused for \(pause)",
        "\($0.bytesBefore)字节压缩为\($0.bytesAfter)字节；写入暂停\(pause)")
    }
  }
}
