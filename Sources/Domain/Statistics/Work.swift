import Records
import Scalars

/// The work of the grid members of a subtree: who answers for what.
struct Work {
  /// An object that one member alone answers for, with its patrols.
  struct Holding {
    let id: UInt64
    let name: String
    let grid: GridCode
    fileprivate let load: Load

    var points: Int { load.points }
    var village: GridCode { grid.ancestor(atDepth: 3) }
  }

  fileprivate struct Load {
    var objects = 0
    var objectPoints = 0
    var patrols = 0
    var openCases = 0
    /// All that there are.
    var points = 0

    mutating func add(_ more: Load, _ sign: Int = 1) {
      objects += sign * more.objects
      objectPoints += sign * more.objectPoints
      patrols += sign * more.patrols
      openCases += sign * more.openCases
      points += sign * more.points
    }

    /// The part of the one at `index` among `count` people who owe it together: what is counted each of them owes, points are
    /// divided. Those that are left over go one by one.
    func part(_ index: Int, of count: Int) -> Load {
      var part = self
      part.objectPoints = objectPoints / count + (index < objectPoints % count ? 1 : 0)
      let rest = points - objectPoints
      part.points = part.objectPoints + rest / count + (count - 1 - index < rest % count ? 1 : 0)
      return part
    }
  }

  private let members: GridMembers
  private let weights: WorkWeights
  private var loads: [String: Load] = [:]
  /// By village and member, in the order of places.
  private var holdings: [GridCode: [String: [Holding]]] = [:]
  /// What several members of a cell answer for together.
  private var shared: [GridCode: Load] = [:]
  private(set) var unassigned = (count: 0, points: 0)

  init(_ members: GridMembers, _ weights: WorkWeights) {
    self.members = members
    self.weights = weights
    for person in members.people.keys { loads[person] = Load() }
  }

  var people: [String] { loads.keys.sorted() }

  // MARK: Adding up

  /// An object is its own member's, else that of the members of its cell; a department's, if that supervises it directly.
  /// - Parameter patrols: those that its place's people still have to make there.
  mutating func add(_ object: Enterprise, patrols: Int) {
    guard object.supervision != .direct else { return }
    let points = weights.points(of: object)
    let load = Load(objects: 1, objectPoints: points, patrols: patrols, points: points + patrols * weights.patrol)
    let answering = object.member.map { [$0] } ?? (object.grid.depth == 4 ? members.members(of: object.grid) : [])
    switch answering.count {
    case 0:
      unassigned.count += 1
      unassigned.points += points
    case 1:
      let holding = Holding(id: object.id, name: object.name, grid: object.grid, load: load)
      holdings[holding.village, default: [:]][answering[0], default: []].append(holding)
      loads[answering[0], default: Load()].add(load)
    default: shared[object.grid, default: Load()].add(load)
    }
  }

  /// Patrols of a cell itself: its members'.
  mutating func add(patrols count: Int, of cell: GridCode) {
    shared[cell, default: Load()].add(Load(patrols: count, points: count * weights.patrol))
  }

  /// Divides what is shared, in the order of identifiers.
  mutating func shareOut() {
    for (cell, together) in shared {
      let answering = members.members(of: cell)
      for (index, person) in answering.enumerated() {
        loads[person, default: Load()].add(together.part(index, of: answering.count))
      }
    }
    shared = [:]
  }

  mutating func add(cases count: Int, of person: String) {
    loads[person, default: Load()].add(Load(openCases: count, points: count * weights.openCase))
  }

  func line(of person: String, name: String) -> MemberWork {
    let load = loads[person] ?? Load()
    return MemberWork(
      person: person, name: name, objects: UInt32(load.objects), objectPoints: UInt64(load.objectPoints),
      openCases: UInt32(load.openCases), points: UInt64(load.points), patrols: UInt32(load.patrols))
  }

  /// The most points to the least, in hundredths.
  var ratioHundredths: UInt32? {
    guard let most = loads.values.map(\.points).max(), let least = loads.values.map(\.points).min(), least > 0 else {
      return nil
    }
    return UInt32(clamping: most * 100 / least)
  }

  // MARK: Sharing more evenly

  private struct Move {
    let from: String
    let to: String
    let holding: Holding
    /// How far the two are apart before it.
    let gap: Int
  }

  /// Makes the moves that help most, one after the other: where two members of a village are farthest apart, the object that
  /// brings them nearest to each other changes hands. Nobody gets as much as the other had. Of equals, the first in the order
  /// of places and identifiers is taken, so that the same state has the same proposal.
  mutating func rebalance(movesMax: Int) -> [WorkMove] {
    var moves: [WorkMove] = []
    let villages = holdings.keys.sorted()
    while moves.count < movesMax {
      var best: Move?
      for village in villages {
        if let move = bestMove(in: village), move.gap > best?.gap ?? 0 { best = move }
      }
      guard let best else { break }
      moves.append(make(best))
    }
    return moves
  }

  private func bestMove(in village: GridCode) -> Move? {
    let holdings = holdings[village] ?? [:]
    let candidates = Set(holdings.keys).union(members.people(in: village)).sorted()
    func points(_ person: String) -> Int { loads[person]?.points ?? 0 }
    guard let from = candidates.filter({ holdings[$0]?.isEmpty == false }).first(byMost: points),
      let to = candidates.first(byMost: { -points($0) })
    else { return nil }
    let gap = points(from) - points(to)
    let helping = holdings[from]?.filter { $0.points > 0 && $0.points < gap } ?? []
    guard let holding = helping.first(byMost: { -abs(gap - 2 * $0.points) }) else { return nil }
    return Move(from: from, to: to, holding: holding, gap: gap)
  }

  private mutating func make(_ move: Move) -> WorkMove {
    let holding = move.holding
    holdings[holding.village]?[move.from]?.removeAll { $0.id == holding.id }
    holdings[holding.village]?[move.to, default: []].append(holding)
    loads[move.from, default: Load()].add(holding.load, -1)
    loads[move.to, default: Load()].add(holding.load)
    return WorkMove(
      enterpriseId: holding.id, name: holding.name, grid: holding.grid, from: move.from, to: move.to,
      points: UInt64(holding.points), fromPoints: UInt64(loads[move.from]?.points ?? 0),
      toPoints: UInt64(loads[move.to]?.points ?? 0), needsGrant: !members.mayServe(move.to, holding.grid))
  }
}

extension Array {
  /// The first of the elements of which something is the most.
  fileprivate func first(byMost measure: (Element) -> Int) -> Element? {
    var best: (element: Element, measure: Int)?
    for element in self {
      let value = measure(element)
      if best.map({ value > $0.measure }) ?? true { best = (element, value) }
    }
    return best?.element
  }
}
