import API
import Bytes
import Client
import Crypto
import Foundation
import ProtoJSON
import RPC
import Records
import Schema
import Support
import Testing
import Transport

/// Where a caller's grant lies, seen from the grid that a call is about: here a village.
private enum Place: String, CaseIterable {
  case region, above, same, inside, beside
  /// One grant inside the village and one beside it: together they reach into it and beyond, and cover it nowhere.
  case crossing

  static let target = "421222100001000"

  var grids: [String?] {
    switch self {
    case .region: [nil]
    case .above: ["421222100000000"]
    case .same: [Self.target]
    case .inside: ["421222100001001"]
    case .beside: ["421222101000000"]
    case .crossing: ["421222100001001", "421222101000000"]
    }
  }
}

/// Every method against every role and every place of its grant, asked of a real daemon by real calls: queries, commands
/// and streams, through a gateway that speaks for people and through tokens.
@Suite struct AuthorityTests {
  private struct Person: Hashable {
    let role: String?
    let place: Place
    var id: String { role.map { "\($0).\(place)" } ?? "nobody" }
  }

  /// Nobody can hold the role of the daemon itself; the last person has no grant at all.
  private static let people =
    Role.allKnown.filter { $0 != .system }.flatMap { role in
      Place.allCases.map { Person(role: role.name, place: $0) }
    } + [Person(role: nil, place: .region)]

  /// The methods whose scope the service decides: it is in one of two fields, or others than the place may see it besides, the
  /// reporter or the place where an enterprise is registered.
  private static let decidedByService: Set = [
    "Hazard.watch", "Hazard.outcome", "Enterprise.show", "Enterprise.find", "Enterprise.sites", "Credit.show",
    "Dishonesty.show", "Dishonesty.trace",
  ]

  /// The same, by their numbers.
  private static let numbersDecidedByService: Set<UInt32> = Set(
    Interface.schema.services.flatMap { service in
      service.methods.filter { decidedByService.contains("\(service.name).\($0.name)") }
        .map { service.number * 256 + $0.number }
    })

  /// What the traits of the IDL promise, read here once more and in the plainest words.
  private static func isPromised(_ method: MethodDeclaration, of service: String, to person: Person) -> Bool {
    guard let role = person.role, method.roles.isEmpty || method.roles.contains(role) else { return false }
    let hasScope = method.scope != nil || decidedByService.contains("\(service).\(method.name)")
    guard hasScope else { return method.roles.isEmpty || person.place == .region }
    return [.region, .above, .same].contains(person.place)
  }

  private let daemon: Daemon
  private let gateway: Connection
  private let number: String
  private let profile: String

  init() async throws {
    daemon = try Daemon()
    try daemon.setUp()
    gateway = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    let enterprise =
      #"{"rows":[{"uscc":"91421222MA40006370","name":"甲厂","type":"ENTERPRISE","grid":"\#(Place.target)","riskLevel":"YELLOW","industry":"C2671","flags":["KEY_UNIT"]}]}"#
    try #require(try daemon.safegrid("call", "Enterprise.import", enterprise).status == 0)
    // A key unit owes a patrol from the next day on.
    try #require(try daemon.safegrid("admin", "advance-clock", "24h").status == 0)
    let started = daemon
    let owes = try Tools.comesTrue {
      try started.safegrid("patrol", "list", Place.target, "--json").output.contains("UNIT_PATROL")
    }
    try #require(owes)
    let put = try JSONEncoding(Interface.schema).encode(
      JSONNode(
        parsing: "{\"persons\":[" + Self.people.map(Self.json).joined(separator: ",") + "]}"), as: "PutPersons")
    _ = try await PersonClient(gateway).put(PutPersons(encoded: put))
    let report = Daemon.report.replacing(
      #""grid":"421222100001001""#, with: #""enterpriseId":1,"grid":"\#(Place.target)""#)
    let submitted = try daemon.safegrid("call", "Hazard.submit", report, "--as", "village_officer.same")
    number = try #require(submitted.json["number"] as? String, "\(submitted.errors)")
    let post =
      #"{"grid":"\#(Place.target)","post":"第一责任人","person":"village_officer.same","from":"2026-03-02"}"#
    try #require(try daemon.safegrid("call", "Grid.put_post", post).status == 0)
    let opening =
      #"{"enterpriseId":1,"subject":"UNIT","ground":"CONCEALMENT","penalty":"x","penaltyOn":"2020-01-01","reason":"x"}"#
    try #require(
      try daemon.safegrid("call", "Dishonesty.open", opening, "--as", "emergency_bureau.region").status == 0)
    let fact =
      "{\"enterpriseId\":1,\"identityHash\":\"\(Self.code)\",\"name\":\"x\",\"kind\":\"FINE\",\"occurredOn\":\"2026-03-01\",\"basis\":\"x\"}"
    try #require(
      try daemon.safegrid("call", "Credit.record_person", fact, "--as", "emergency_bureau.same").status == 0)
    let notice = "{\"grid\":\"\(Place.target)\",\"kind\":\"TASK\",\"title\":\"x\",\"level\":\"CELL\"}"
    try #require(try daemon.safegrid("call", "Notice.issue", notice, "--as", "committee_office.same").status == 0)
    let publicReport = "{\"grid\":\"\(Place.target)\",\(Self.publicReport)}"
    try #require(try daemon.safegrid("call", "Report.receive", publicReport, "--as", "public_desk.same").status == 0)
    profile = try daemon.safegrid("call", "Admin.profile", "{}").output
  }

  private static let code = Data(count: 32).base64EncodedString()
  private static let publicReport =
    "\"kind\":\"HAZARD\",\"channel\":\"PHONE\",\"description\":\"x\",\"codeHash\":\"\(code)\""

  /// Whoever is an enterprise is the one that all is about.
  private static func json(_ person: Person) -> String {
    let grants = (person.role == nil ? [] : person.place.grids).map { grid in
      "{\"role\":\"\(person.role!.uppercased())\"" + (grid.map { ",\"grid\":\"\($0)\"" } ?? "") + "}"
    }
    let enterprise = person.role == "enterprise" ? ",\"enterpriseId\":1" : ""
    return "{\"id\":\"\(person.id)\",\"name\":\"x\",\"grants\":[\(grants.joined(separator: ","))]\(enterprise)}"
  }

  // MARK: Requests

  /// A request about the target that is well-formed, and as harmless as possible where it is allowed.
  private func body(_ method: MethodDeclaration, of service: String) throws -> [UInt8] {
    let scope: String =
      switch method.scope?.path?.table {
      case "hazards": "\"\(method.scope!.field)\":\"\(number)\""
      case "enterprises":
        method.scope!.field == "uscc" ? #""uscc":"91421222MA40006370""# : "\"\(method.scope!.field)\":1"
      case "posts", "dishonesty_cases", "duties", "public_reports", "person_credit", "notices":
        "\"\(method.scope!.field)\":1"
      case .some(let table): preconditionFailure("name a record of \(table) in the target")
      case nil: method.scope.map { "\"\($0.field)\":\"\(Place.target)\"" } ?? ""
      }
    let request = Interface.schema.record(named: method.request)!
    // The version of a case that it never has: nothing is done to it.
    let version = request.fields.contains { $0.name == "expected_version" } ? "\"expectedVersion\":999" : ""
    let parts = [scope, version, rest["\(service).\(method.name)"] ?? ""].filter { !$0.isEmpty }
    return try JSONEncoding(Interface.schema).encode(
      JSONNode(parsing: "{\(parts.joined(separator: ","))}"), as: method.request)
  }

  /// What a request needs besides.
  private var rest: [String: String] {
    let report =
      #""source":"MEMBER_PATROL","class":"消防","domain":"FIRE","severity":"GENERAL","urgency":"NORMAL","description":"堵塞""#
    let rows = #""rows":[{"name":"乙厂","type":"ENTERPRISE","grid":"421222101000000","riskLevel":"BLUE"}]"#
    return [
      "Hazard.submit": report, "Hazard.direct_report": report, "Hazard.resolve_on_spot": report,
      "Hazard.merge": "\"into\":\"\(number)\"", "Hazard.dispatch": #""assignee":"gm1""#,
      "Hazard.reassign": #""assignee":"gm1""#, "Hazard.regrade": #""severity":"GENERAL","note":"x""#,
      "Hazard.request_extension": #""until":"2026-03-20T00:00:00Z","note":"x""#, "Hazard.feedback": #""result":"x""#,
      "Hazard.void": #""note":"x""#, "Hazard.arbitrate": #""assignee":"gm1","note":"x""#,
      "Hazard.forward_many": "\"numbers\":[\"\(number)\"]", "Enterprise.expire": #""limit":1"#,
      "Hazard.reassign_many": "\"assignee\":\"gm1\",\"numbers\":[\"\(number)\"]",
      "Organization.put": #""name":"x","kind":"DEPARTMENT""#,
      "Notice.issue": #""kind":"TASK","title":"x","level":"CELL""#, "Notice.complete": #""result":"x""#,
      "Notice.withdraw": #""note":"x""#,
      "Hazard.plan":
        #""plan":{"target":"x","method":"x","funds":1,"responsible":"x","timeLimit":"2026-04-01","safetyMeasures":"x"}"#,
      "Hazard.hand_over": #""from":"nobody","to":"gm1","note":"x""#,
      "Hazard.check_hand_over": #""from":"nobody","to":"gm1","note":"x""#, "Hazard.expire": #""limit":1"#,
      "Hazard.watch": "\"number\":\"\(number)\"",
      "Enterprise.collect":
        #""object":{"name":"乙厂","type":"ENTERPRISE","grid":"421222101000000","riskLevel":"BLUE"}"#,
      "Enterprise.merge": #""into":2"#, "Enterprise.relocate": #""to":"421222101001000""#,
      "Enterprise.accept_relocation": #""id":1"#, "Enterprise.refuse_relocation": #""id":1"#,
      "Enterprise.set_direct": #""ground":"HIGH_RISK","department":"x","note":"x""#,
      "Enterprise.unset_direct": #""member":"gm1""#, "Enterprise.trace": #""id":1"#,
      "Enterprise.check_import": rows, "Enterprise.import": rows,
      "Credit.record": #""kind":"HAZARD_OVERDUE","occurredOn":"2026-03-01","basis":"x""#,
      "Credit.repair": #""ordinal":1,"basis":"x""#, "Credit.revoke": #""ordinal":1,"basis":"x""#,
      "Dishonesty.open":
        #""subject":"UNIT","ground":"CONCEALMENT","penalty":"x","penaltyOn":"2020-01-01","reason":"x""#,
      "Dishonesty.enter": #""document":"x""#, "Dishonesty.grant_removal": #""document":"x""#,
      "Dishonesty.restore": #""document":"x""#, "Dishonesty.revoke": #""document":"x""#,
      "Dishonesty.apply_removal": #""note":"x""#,
      "Dishonesty.order_measure": #""measure":"NO_AWARDS","department":"x""#,
      "Dishonesty.feed_back_measure": #""order":1,"feedback":"x""#, "Dishonesty.expire": #""limit":1"#,
      "Grid.open_edition": #""name":"x""#,
      "Grid.stage_divisions": #""edition":999,"rows":[{"code":"42","name":"x","level":1}]"#,
      "Grid.activate_edition": #""edition":999"#,
      "Grid.put_cells": #""cells":[{"code":"421222100001002","name":"第二网格"}]"#,
      "Grid.put_post": #""post":"x","person":"gm1","from":"2026-03-02""#, "Grid.end_post": #""to":"2026-03-02""#,
      "Grid.split_cell": #""parts":[{"code":"421222100001008","name":"x"},{"code":"421222100001009","name":"x"}]"#,
      "Grid.merge_cells":
        #""cells":[{"code":"421222100001001","expectedVersion":999}],"into":{"code":"421222100001009","name":"x"}"#,
      "Grid.move_cell": #""to":{"code":"421222100001009","name":"x"}"#,
      "Grid.publish_powers": #""office":"x","from":"2026-03-02","document":"x""#,
      "Grid.powers": "\"grid\":\"\(Place.target)\"", "Grid.who_has": "\"grid\":\"\(Place.target)\",\"class\":\"消防\"",
      "Hazard.of_person": "\"identityHash\":\"\(Self.code)\"",
      "Grid.retire": "\"successor\":\"\(Place.target)\"", "Grid.locate": #""vertex":{"longitude":1138100000}"#,
      "Listing.propose": #""item":"x","responsible":"x""#, "Listing.approve": #""until":"2026-04-01","document":"x""#,
      "Listing.relist": #""until":"2026-04-01","document":"x""#, "Listing.lift": #""level":"CITY","note":"x""#,
      "Listing.request_extension": #""until":"2026-04-01","note":"x""#, "Listing.fail_review": #""note":"x""#,
      "Listing.expire": #""limit":1"#,
      "Patrol.record_unplanned": #""findings":[{"item":"x","result":"OK"}]"#,
      "Patrol.record": #""findings":[{"item":"x","result":"OK"}]"#, "Patrol.list": #""limit":1"#,
      "Patrol.generate": #""limit":1"#, "Patrol.expire": #""limit":1"#,
      "Cadence.record": #""deed":{"login":{}}"#, "Cadence.register": #""account":"x""#,
      "Enterprise.show": #""id":1"#,
      "Enterprise.sites": #""id":1"#, "Enterprise.find": #""uscc":"91421222MA40006370""#,
      "Credit.show": #""enterpriseId":1"#, "Dishonesty.show": #""id":1"#, "Dishonesty.trace": #""id":1"#,
      "Credit.of_person": "\"identityHash\":\"\(Self.code)\"", "Credit.repair_person": #""basis":"x""#,
      "Credit.record_person":
        "\"identityHash\":\"\(Self.code)\",\"name\":\"x\",\"kind\":\"FINE\",\"occurredOn\":\"2026-03-01\",\"basis\":\"x\"",
      "Credit.revoke_person": #""basis":"x""#,
      "Dishonesty.of_person": "\"identityHash\":\"\(Self.code)\"",
      "Dishonesty.record_legacy":
        #""subject":"UNIT","conduct":"NO_PERMIT","document":"x","publishedOn":"2025-12-01""#,
      "Hazard.outcome": "\"number\":\"\(number)\"", "Report.receive": Self.publicReport,
      "Report.accept": #""department":"x""#, "Report.transfer": #""department":"x""#, "Report.verify": #""note":"x""#,
      "Report.propose_reward": #""basis":"x""#, "Report.approve_reward": #""secondPerson":"gm1","document":"x""#,
      "Report.claim": "\"codeHash\":\"\(Self.code)\"", "Report.expire": #""limit":1"#,
      "Report.outcome": #""code":"AAAAAAAAAAAA""#, "Report.statistics": #""from":"2026-03-01","to":"2026-03-02""#,
      "Statistics.steps": #""from":"2026-03-01","to":"2026-03-02""#,
      "Person.put": #""persons":[{"id":"somebody","name":"x"}]"#, "Person.show": #""id":"gm1""#,
      "Token.create": "\"hash\":\"\(Data(count: 32).base64EncodedString())\",\"person\":\"unknown\",\"days\":1",
      "Token.revoke": #""id":"0123456789abcdef""#, "Admin.activate_profile": "\"profile\":\(profile)",
      "Admin.start_test_clock": #""now":"2026-03-02T00:30:00Z""#, "Admin.migrate": #""number":1"#,
      "Admin.backup": #""path":"/proc/nowhere""#,
    ]
  }

  // MARK: Calls

  /// Whether the daemon lets this call pass: what it then thinks of the request is another matter.
  private static func isAllowed(
    _ method: MethodDeclaration, _ number: UInt32, _ body: [UInt8], _ connection: Connection, actingFor person: String?
  ) async throws -> Bool {
    let options = CallOptions(timeout: .seconds(60), actingFor: person)
    do throws(CallFailure) {
      if method.isStreaming {
        let stream = try await connection.stream(method: number, body, options)
        _ = try await stream.next()
        stream.cancel()
      } else {
        _ = try await connection.unary(method: number, isCommand: method.kind == .command, body, options)
      }
      return true
    } catch {
      // To whom it may not be shown it does not exist.
      if numbersDecidedByService.contains(number), error.refusal?.name == "NotFound" { return false }
      switch error.code {
      case .permissionDenied: return false
      case .unavailable, .internal, .unimplemented, .deadlineExceeded, .unauthenticated: throw error
      default: return true
      }
    }
  }

  /// Each method, and the people who may call it.
  private func matrix(
    _ call: @escaping @Sendable (Person, MethodDeclaration, UInt32, [UInt8]) async throws -> Bool
  ) async throws -> [(name: String, method: MethodDeclaration, allowed: Set<Person>)] {
    var matrix: [(name: String, method: MethodDeclaration, allowed: Set<Person>)] = []
    for service in Interface.schema.services {
      // Each message of a stream of requests is decided by the writer as the command that it stands for.
      for method in service.methods where !method.takesStream {
        let body = try body(method, of: service.name)
        let number = service.number * 256 + method.number
        var allowed: Set<Person> = []
        // So few at a time that their replies, of some 300 KB for the whole interface, fit where a connection may leave them.
        for first in stride(from: 0, to: Self.people.count, by: 16) {
          try await withThrowingTaskGroup(of: Person?.self) { group in
            for person in Self.people[first...].prefix(16) {
              group.addTask { try await call(person, method, number, body) ? person : nil }
            }
            for try await case let person? in group { allowed.insert(person) }
          }
        }
        matrix.append(("\(service.name).\(method.name)", method, allowed))
        for person in Self.people {
          #expect(
            allowed.contains(person) == Self.isPromised(method, of: service.name, to: person),
            "\(service.name).\(method.name) by \(person.id)")
        }
      }
    }
    return matrix
  }

  @Test func `no role reaches beyond its methods and its grid`() async throws {
    let gateway = gateway
    let matrix = try await matrix { person, method, number, body in
      try await Self.isAllowed(method, number, body, gateway, actingFor: person.id)
    }
    let difference = differenceFromGolden("authority.txt", Self.text(matrix), beside: #filePath)
    #expect(difference.isEmpty, "\(difference)")
  }

  @Test func `a token gives its person the same power, and no other`() async throws {
    var connections: [Person: Connection] = [:]
    for person in Self.people {
      let secret = AccessToken.make()
      let hash = Array(SHA256.hash(data: Array(secret.text.utf8)))
      _ = try await TokenClient(gateway).create(CreateToken(hash: hash, person: person.id, days: 1))
      connections[person] = try await Connection.connect(to: Endpoint(daemon.endpoint)!, token: secret)
    }
    let own = connections
    _ = try await matrix { person, method, number, body in
      try await Self.isAllowed(method, number, body, own[person]!, actingFor: nil)
    }
  }

  private static func text(
    _ matrix: [(name: String, method: MethodDeclaration, allowed: Set<Person>)]
  ) -> String {
    var text = """
      Who may call what: for each method, which roles, and where their grant lies seen from the grid that the call is about.

        region    over everything              inside    in a part of that grid
        above     in a grid that holds it      beside    in another grid
        same      in that grid itself          crossing  one grant inside and one beside

      A method without a grid has "region" only, or, where any role will do, all of them.

      """
    for row in matrix {
      let path = row.method.scope?.path.map {
        " -> \([$0.table, $0.index, $0.field].compactMap(\.self).joined(separator: "."))"
      }
      text +=
        "\n\(row.method.kind) \(row.name)" + (row.method.scope.map { "  of \($0.field)\(path ?? "")" } ?? "") + "\n"
      let byPlaces = Dictionary(grouping: Set(row.allowed.compactMap(\.role))) { role in
        Place.allCases.filter { place in row.allowed.contains { $0.role == role && $0.place == place } }
          .map(\.rawValue).joined(separator: " ")
      }
      for (places, roles) in byPlaces.sorted(by: { $0.key < $1.key }) {
        let isEverybody = roles.count == Role.allKnown.count - 1
        text += "  \(isEverybody ? "every role" : roles.sorted().joined(separator: ", ")): \(places)\n"
      }
      if byPlaces.isEmpty { text += "  nobody: the daemon itself\n" }
    }
    return text
  }
}
