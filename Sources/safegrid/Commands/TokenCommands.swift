import API
import ArgumentParser
import Bytes
import Client
import Crypto
import RPC
import Records
import Scalars

struct AdminTokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Secrets for callers on a network 令牌.",
    discussion: """
      A token is shown once, when it is made; the daemon keeps only its hash. Whoever shows it, with --token-file or \
      SAFEGRID_TOKEN, may do what its person may do at that moment.
      """,
    subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

struct TokenCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes a token for a person, and prints it: the only thing on standard output, for this one time.")
  @Option(name: .customLong("for"), help: "Who calls with it: a person who is known.") var holder: String
  @Option(help: "Days until it expires, at most 3660.") var expiresInDays: UInt32 = 90
  @Option(help: "What it is for.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    // Made here: what the daemon stores and journals holds no secret.
    let secret = AccessToken.make()
    let token = try await TokenClient(session.connection)
      .create(
        CreateToken(hash: secret.hash, person: holder, days: expiresInDays, note: note), session.options)
    if session.isJSON {
      let record = try token.json(in: Interface.schema)
      return try put("{\"secret\":\"\(secret.text)\",\(record.dropFirst())")
    }
    complain(
      localized("token", "令牌") + " \(token.id) · \(token.person) · "
        + localized("until", "有效至") + " \(token.expiresAt.localDescription)")
    try put(secret.text)
  }
}

struct TokenListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists tokens: whose they are, and until when.")
  @Option(help: "Only those of this person.") var of: String?
  @Flag(help: "Also those that are worth nothing any more.") var all = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.openForMany()
    let client = TokenClient(session.connection)
    let now = try await AdminClient(session.connection).status(Empty(), session.options).now
    var tokens: [Token] = []
    var after: String?
    repeat {
      let page = try await client.list(ListTokens(after: after), session.options)
      tokens += page.tokens.filter { token in
        (of == nil || token.person == of) && (all || token.revokedAt == nil && token.expiresAt > now)
      }
      after = page.next
    } while after != nil
    try session.show(TokenPage(tokens: tokens)) { $0.tokens.table(at: now) }
  }
}

struct TokenRevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Makes a token worthless, on open connections too, from their next call on.")
  @Argument(help: "The token's identifier, 16 hexadecimal digits: see list.") var id: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let token = try await TokenClient(session.connection).revoke(RevokeToken(id: id), session.options)
    try session.show(token) { [$0].table(at: $0.revokedAt ?? $0.createdAt) }
  }
}

extension AccessToken {
  /// What the daemon knows it by.
  fileprivate var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}

extension [Token] {
  fileprivate func table(at now: Instant) -> String {
    var table = TextTable([
      localized("token", "令牌"), localized("person", "人员"), localized("expires", "有效至"), localized("state", "状态"),
      localized("created by", "创建人"), localized("note", "用途"),
    ])
    for token in self {
      let state =
        if let revokedAt = token.revokedAt {
          localized("revoked ", "已吊销 ") + revokedAt.localDescription
        } else {
          token.expiresAt > now ? localized("valid", "有效") : localized("expired", "已过期")
        }
      table.add([token.id, token.person, token.expiresAt.localDescription, state, token.createdBy, token.note])
    }
    return table.text()
  }
}
