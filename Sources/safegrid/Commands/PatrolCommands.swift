import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct PatrolCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patrol", abstract: "Patrols 巡查 and their checklists; every duty that falls due.",
    subcommands: [
      PatrolListCommand.self, PatrolShowCommand.self, PatrolRecordCommand.self, PatrolRecordUnplannedCommand.self,
      PatrolWaiveCommand.self, PatrolChecklistCommand.self, PatrolItemsCommand.self, PatrolRatesCommand.self,
    ])
}

struct PatrolListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists what is to be done, most pressing first: patrols and the two-cadence duty.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Only what this person has to do.") var person: String?
  @Option(help: "Only the duties of this enterprise.") var enterprise: UInt64?
  @Option(help: "Only this kind; may be given several times.") var kind: [DutyKind] = []
  @Flag(help: "Only what is late.") var late = false
  @Flag(help: "Only what is late, or near its last day.") var pressing = false
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListDuties(
      grid: grid, person: person, enterpriseId: enterprise, kinds: kind, late: late,
      pressing: pressing)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await PatrolClient(session.connection).list(request, session.options)
    }
    try session.show(page) {
      $0.duties.table() + more($0.next != nil)
    }
  }
}

struct PatrolShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a duty, all that ever happened to it, and how it was done.")
  @Argument(help: "The duty's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    try session.show(try await PatrolClient(session.connection).show(ShowDuty(id: id), session.options)) { $0.text }
  }
}

struct PatrolRecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Records that a patrol was made; each problem opens a case.",
    discussion: """
      Answers are CODE or CODE=WORDS, with the codes of `safegrid patrol checklist GRID`. \
      Example: safegrid patrol record 7 --ok 1 --ok 2=无 --problem 5=楼道堆物 --photo 楼道.jpg --not-applicable 6
      """)
  @Argument(help: "The duty's number.") var id: UInt64
  @Option(help: "The version that you saw; the command is refused when the duty has changed since.")
  var expectedVersion: UInt64?
  @OptionGroup var findings: PatrolFindings
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = RecordPatrol(
      id: id, expectedVersion: expectedVersion, edition: findings.edition, findings: try findings.list(),
      point: findings.point, outsideReason: findings.outsideReason, visited: findings.visited,
      households: findings.households, note: findings.note)
    let session = try await options.open()
    try session.show(try await PatrolClient(session.connection).record(request, session.options)) { $0.summary }
  }
}

struct PatrolRecordUnplannedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record-unplanned", abstract: "Records a patrol that no plan asked for; each problem opens a case.",
    discussion: "Answers are given as for `safegrid patrol record`.")
  @Argument(help: "The place that was patrolled: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "The object that was patrolled there; left out: the place itself.") var enterprise: UInt64?
  @Option(help: "The checklist; left out: the first one that the place has, or key units have there.")
  var checklist = ""
  @OptionGroup var findings: PatrolFindings
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = RecordUnplanned(
      grid: grid, enterpriseId: enterprise, checklist: checklist, edition: findings.edition,
      findings: try findings.list(), point: findings.point, outsideReason: findings.outsideReason,
      visited: findings.visited, households: findings.households, note: findings.note)
    let session = try await options.open()
    try session.show(try await PatrolClient(session.connection).recordUnplanned(request, session.options)) {
      $0.summary
    }
  }
}

/// What a patrol has found, and where.
struct PatrolFindings: ParsableArguments {
  @Option(help: "An item that is in order; may be given several times.") var ok: [String] = []
  @Option(help: "An item that does not apply, likewise.") var notApplicable: [String] = []
  @Option(help: "An item with a problem, CODE=WORDS, likewise.") var problem: [String] = []
  @Option(help: "general or major, of the problems.") var severity: HazardSeverity = .general
  @Option(help: "normal, urgent or emergency, of the problems.") var urgency: HazardUrgency = .normal
  @Option(help: "A photo's file, for the problems; may be given several times.", completion: .file())
  var photo: [String] = []
  @Option(
    help: "CODE=ACT: the problem of that item is an illegal act, one of the profile's; may be given several times.")
  var illegalAct: [String] = []
  @Option(help: "Whose the illegal acts are: unit or person.") var offender: Violation = .unit
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var place: PointOptions
  @Option(help: "Why you are not in the place.") var outsideReason = ""
  @Option(help: "An object of the ledger that you entered; may be given several times.") var visited: [UInt64] = []
  @Option(help: "How many households you entered.") var households: UInt32 = 0
  @Option(help: "The edition of the checklist that you walked through.") var edition = ""
  @Option(help: "Words for the record.") var note = ""

  func validate() throws {
    for text in problem where text.split(separator: "=", maxSplits: 1).count < 2 {
      throw ValidationError("--problem \(text): say what it is, CODE=WORDS")
    }
    for text in illegalAct where !problem.contains(where: { $0.hasPrefix(text.prefix { $0 != "=" } + "=") }) {
      throw ValidationError("--illegal-act \(text): is CODE=ACT, and the item has a --problem, too")
    }
    guard !identity.isThere || offender == .person && illegalAct.count == 1 else {
      throw ValidationError("an identity is that of one person: it needs --offender person and one --illegal-act")
    }
  }

  var point: Point? { place.point }

  /// - Throws: when a photo, the identity or its key cannot be read.
  func list() throws -> [PatrolFinding] {
    let photos = try photo.map(Attachment.init(file:))
    let person = try identity.hash()
    return ok.map { finding($0, .ok) } + notApplicable.map { finding($0, .notApplicable) }
      + problem.map { text in
        var found = finding(text, .problem)
        found.problem = PatrolProblem(
          severity: severity, urgency: urgency, description: found.note, photos: photos,
          illegalAct: illegalAct.first { $0.hasPrefix(found.item + "=") }
            .map {
              ReportedAct(by: offender, act: String($0.dropFirst(found.item.count + 1)), identityHash: person)
            })
        found.note = ""
        return found
      }
  }

  private func finding(_ text: String, _ result: PatrolResult) -> PatrolFinding {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    return PatrolFinding(item: parts.first ?? "", result: result, note: parts.count > 1 ? parts[1] : "")
  }
}

struct PatrolWaiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waive", abstract: "Lets a duty be whose object has stopped, is closed, or is supervised directly.")
  @Argument(help: "The duty's number.") var id: UInt64
  @Option(help: "The version that you saw; the command is refused when the duty has changed since.")
  var expectedVersion: UInt64?
  @Option(help: "Why.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = DutyNote(id: id, expectedVersion: expectedVersion, note: note)
    try session.show(try await PatrolClient(session.connection).waive(request, session.options)) { $0.summary }
  }
}

struct PatrolChecklistCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checklist", abstract: "Shows the checklists 检查表 that hold in a place.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let reply = try await PatrolClient(session.connection).checklists(ShowChecklists(grid: grid), session.options)
    try session.show(reply) { $0.checklists.map(\.text).joined(separator: "\n\n") }
  }
}

struct PatrolItemsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "items", abstract: "Counts what patrols have found, item by item.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "The checklist; left out: the one of the place.") var checklist = ""
  @Option(help: "A day of the first month; left out: this month.") var from: Date?
  @Option(help: "A day of the last month; left out: the first is the last.") var to: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = CountPatrolItems(grid: grid, checklist: checklist, from: from, to: to)
    try session.show(try await PatrolClient(session.connection).items(request, session.options)) { counts in
      var table = TextTable([
        "#", localized("item", "项目"), localized("in order", "正常"), localized("problems", "有问题"),
        localized("not applicable", "不涉及"),
      ])
      for item in counts.items {
        table.add([item.item, item.text, "\(item.ok)", "\(item.problem)", "\(item.notApplicable)"])
      }
      return counts.checklist + "\n" + table.text()
    }
  }
}

struct PatrolRatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rates", abstract: "Says how many patrols were made in time 完成率.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A day of the first month; left out: this month.") var from: Date?
  @Option(help: "A day of the last month; left out: the first is the last.") var to: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = CountDuties(grid: grid, from: from, to: to)
    try session.show(try await PatrolClient(session.connection).rates(request, session.options)) {
      $0.rates.table() + "\n" + localized("unplanned patrols", "计划外巡查") + " \($0.unplanned)"
    }
  }
}
