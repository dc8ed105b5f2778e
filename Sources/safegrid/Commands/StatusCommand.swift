import API
import ArgumentParser
import Client
import Records

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows who is connected, which calls are open, and what waits.",
    discussion:
      "For administrators and auditors. `safegrid top` shows how much is done, `safegrid doctor` what is wrong.")
  @Option(help: "Connections and calls to show at most.") var limit: UInt32 = 20
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit lies between 1 and 1000") }
  }

  func run() async throws {
    let session = try await options.open()
    let activity = try await AdminClient(session.connection).activity(ListActivity(limit: limit), session.options)
    try session.show(activity) { $0.text }
  }
}

extension Activity {
  fileprivate var text: String { [connectionTable, callTable, queueTable].joined(separator: "\n\n") }

  private var connectionTable: String {
    var table = TextTable([
      localized("connection", "连接"), localized("peer", "对端"), localized("principal", "身份"),
      localized("client", "客户端"), localized("age", "时长"), localized("calls", "调用"), localized("bytes held", "占用字节"),
    ])
    for one in connections {
      table.add([
        "\(one.id)", one.peer, one.principal, one.client, seconds(one.ageMilliseconds), "\(one.openCalls)",
        "\(one.heldBytes)",
      ])
    }
    return table.text() + rest(connectionCount, connections.count)
  }

  private var callTable: String {
    guard callCount > 0 else { return localized("no open calls", "没有未完成的调用") }
    var table = TextTable([
      localized("connection", "连接"), localized("stream", "流"), localized("method", "方法"), "", localized("age", "时长"),
      localized("left", "剩余"),
    ])
    for call in calls {
      table.add([
        "\(call.connection)", "\(call.stream)", call.method, call.place.text, seconds(call.ageMilliseconds),
        call.leftMilliseconds.map(seconds) ?? "–",
      ])
    }
    return table.text() + rest(callCount, calls.count)
  }

  private var queueTable: String {
    var table = TextTable([
      localized("queue", "队列"), localized("count", "数量"), localized("bytes", "字节"), localized("oldest", "最久"),
    ])
    for queue in queues {
      table.add(["\(queue.name)", "\(queue.count)", "\(queue.byteCount)", queue.oldestMilliseconds.map(seconds) ?? "–"])
    }
    return table.text()
  }

  private func rest(_ count: UInt64, _ shown: Int) -> String {
    let rest = count.minus(UInt64(shown))
    return rest == 0 ? "" : "\n" + localized("… and \(rest) more", "…另有\(rest)项")
  }
}

private func seconds(_ milliseconds: UInt64) -> String { "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
