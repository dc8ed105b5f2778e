import API
import ArgumentParser
import Client
import Engine
import Foundation
import Records
import Transport

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Explains how a daemon or a data folder stands, and what to do next.",
    discussion: """
      With --data it looks at a folder that no daemon serves, and says what a start would do; it changes nothing. Otherwise \
      it asks the running daemon. Exit code 1 when something is wrong.
      """)
  @Option(help: "A data folder to look at.", completion: .directory) var data: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let findings: [Finding]
    if let data {
      findings = Finding.ofFolder(data, Examination(ofFolder: data))
    } else {
      let session = try await options.open()
      findings = Finding.ofDaemon(try await AdminClient(session.connection).metrics(Empty(), session.options))
    }
    if options.json {
      try put(String(decoding: try JSONEncoder().encode(findings), as: UTF8.self))
    } else {
      for finding in findings { try put(finding.line) }
    }
    if findings.contains(where: { $0.level == .problem }) { throw ExitCode(ExitStatus.refused) }
  }
}

extension Finding {
  fileprivate var line: String {
    let mark =
      switch level {
      case .good: "✔"
      case .notice: "•"
      case .problem: "✘"
      }
    return "\(mark) \(printable(text))" + (advice.map { "\n  → \($0)" } ?? "")
  }
}
