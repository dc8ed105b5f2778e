import API
import Client
import Example
import RPC
import Records
import Scalars

/// What is asked of the daemon: which calls, about what, on whose behalf. Call number n is the same whenever it is made,
/// but for the cases that it meets.
struct Workload: Sendable {
  typealias Report = (request: SubmitHazard, reporter: String)

  let mix: Mix
  let places: Places
  let seed: UInt64
  /// Makes the report number `index`, in that grid.
  let makeReport: @Sendable (_ index: Int, _ grid: GridCode, _ random: inout SplitMix64) -> Report
  /// Absent when the run does nothing with a case but report it.
  let book: CaseBook?

  init(
    mix: Mix = .submitOnly, places: Places, seed: UInt64,
    makeReport: @escaping @Sendable (_ index: Int, _ grid: GridCode, _ random: inout SplitMix64) -> Report
  ) {
    self.mix = mix
    self.places = places
    self.seed = seed
    self.makeReport = makeReport
    book = [.transition, .show, .watch].contains(where: mix.contains) ? CaseBook() : nil
  }

  /// Reports with real wording, of the load tester's own people.
  static func realWordings(mix: Mix, places: Places, seed: UInt64) -> Workload {
    let maker = HazardMaker()
    return Workload(mix: mix, places: places, seed: seed) { _, grid, random in
      let token = random.token()
      let request = maker.hazard(in: grid, enterprise: nil, source: .memberPatrol, token: token, &random)
      return (request, LoadTarget.reporter(in: grid))
    }
  }

  /// The call number `index`.
  func call(_ index: Int) -> LoadCall {
    var random = random(index, salt: 1)
    switch mix.pick(&random) {
    case .submit: break
    case .transition: if let taken = book?.take(&random) { return .step(taken) }
    case .show: if let number = book?.anyNumber(&random) { return .show(number) }
    case .watch: if let number = book?.anyNumber(&random) { return .watch(number) }
    case .list: return .list(places.grids[places.pick(&random)].ancestor(atDepth: 3))
    case .count: return .count(places.grids[places.pick(&random)].ancestor(atDepth: 2))
    }
    let rank = places.pick(&random)
    let (request, reporter) = report(index, at: rank)
    return .submit(request, by: reporter, rank: rank)
  }

  /// The report number `index`, always the same.
  func report(_ index: Int, at rank: Int) -> Report {
    var random = random(index, salt: 2)
    return makeReport(index, places.grids[rank], &random)
  }

  private func random(_ index: Int, salt: UInt64) -> SplitMix64 {
    // Odd, so that no two calls get the same numbers.
    SplitMix64(seed: (seed &+ salt) ^ UInt64(index) &* 0xd134_2543_de82_ef95)
  }
}

extension SplitMix64 {
  /// 32 bytes that tell a report from all others: the digest of its photo.
  mutating func token() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for _ in 0..<4 {
      let word = next()
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return bytes
  }
}

/// One call, as it is to be made.
enum LoadCall: Sendable {
  case submit(SubmitHazard, by: String, rank: Int)
  case step(AwaitingCase)
  case show(HazardNumber)
  /// A page of the village's open cases.
  case list(GridCode)
  /// What the township's subtree counts.
  case count(GridCode)
  case watch(HazardNumber)

  var kind: LoadKind {
    switch self {
    case .submit: .submit
    case .step: .transition
    case .show: .show
    case .list: .list
    case .count: .count
    case .watch: .watch
    }
  }

  /// Absent: a query.
  var command: Method? {
    switch self {
    case .submit: .hazardSubmit
    case .step(let taken): taken.step.method
    case .show, .list, .count, .watch: nil
    }
  }
}

extension AwaitingCase {
  /// Takes the step, as the person whose step it is.
  func take(_ client: HazardClient, _ options: CallOptions) async throws(CallFailure) -> HazardReceipt {
    var options = options
    let isRectifying = step == .claim || step == .feedback
    options.actingFor = isRectifying ? LoadTarget.reporter(in: number.grid) : LoadTarget.officer(in: number.grid)
    switch step {
    case .file: return try await client.file(FileHazard(number: number), options)
    case .dispatch:
      let assignee = LoadTarget.reporter(in: number.grid)
      return try await client.dispatch(DispatchHazard(number: number, assignee: assignee), options)
    case .claim: return try await client.claim(HazardNote(number: number), options)
    case .feedback:
      let photo = Attachment(sha256: [UInt8](repeating: 1, count: 32))
      return try await client.feedback(HazardFeedback(number: number, result: "已整改", evidence: [photo]), options)
    case .verifyPass:
      return try await client.verifyPass(VerifyHazard(number: number, note: "现场核查合格", onSite: true), options)
    }
  }
}
