import API
import ArgumentParser
import Client
import Crypto
import Foundation
import RPC
import Records
import Scalars

/// Who a person is, without saying it: the identity number is hashed here, and never reaches the daemon.
struct IdentityOptions: ParsableArguments {
  @Option(help: "A file with the person's identity number, 18 characters; /dev/stdin reads it from there.")
  var identityFile: String?
  @Option(help: "A file with the deployment's key for identity numbers, at least 32 bytes.") var identityKey: String?

  var isThere: Bool { identityFile != nil && identityKey != nil }

  func validate() throws {
    guard (identityFile == nil) == (identityKey == nil) else {
      throw ValidationError("--identity-file and --identity-key go together")
    }
  }

  /// For what is about one person and nobody else.
  func required() throws -> [UInt8] {
    guard let hash = try hash() else { throw ValidationError("give --identity-file and --identity-key") }
    return hash
  }

  func hash() throws -> [UInt8]? {
    guard let identityFile, let identityKey else { return nil }
    let key = try InputFile.read(identityKey, isOpaque: true)
    guard key.count >= 32 else { throw ValidationError("\(identityKey) has \(key.count) bytes; a key has at least 32") }
    let number = String(decoding: try InputFile.read(identityFile), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines).uppercased()
    guard number.utf8.count == 18 else { throw ValidationError("an identity number has 18 characters") }
    return Array(HMAC<SHA256>.authenticationCode(for: Data(number.utf8), using: SymmetricKey(data: key)))
  }
}

/// That something is an illegal act 违法行为.
struct ViolationOptions: ParsableArguments {
  @Option(help: "It is an illegal act 违法行为, one of the profile's.") var illegalAct: String?
  @Option(help: "Whose it is: unit or person.") var offender: Violation = .unit
  @OptionGroup var identity: IdentityOptions

  func validate() throws {
    guard illegalAct != nil || !identity.isThere else { throw ValidationError("an identity needs --illegal-act") }
    guard offender == .person || !identity.isThere else {
      throw ValidationError("an identity needs --offender person")
    }
  }

  func act() throws -> ReportedAct? {
    guard let illegalAct else { return nil }
    return ReportedAct(by: offender, act: illegalAct, identityHash: try identity.hash())
  }
}

struct HazardViolationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "violations", abstract: "Lists the illegal acts of a grid subtree 违法行为.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Whose: unit or person. Left out: both.") var offender: Violation?
  @Flag(help: "Open cases only.") var open = false
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = HazardClient(session.connection)
    let request = ListViolations(grid: grid, kinds: offender.map { [$0] } ?? [], open: open)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await client.violations(request, session.options)
    }
    try session.show(page) { $0.hazards.table() + more($0.next != nil) }
  }
}

struct HazardOfPersonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "of-person", abstract: "Lists the illegal acts of one person, oldest first.",
    discussion: "The identity number is read from a file and hashed here: it never reaches the daemon.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let hash = try identity.required()
    let session = try await options.open()
    let request = PersonViolations(grid: grid, identityHash: hash)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await HazardClient(session.connection).ofPerson(request, session.options)
    }
    try session.show(page) {
      $0.hazards.table() + more($0.next != nil)
    }
  }
}
