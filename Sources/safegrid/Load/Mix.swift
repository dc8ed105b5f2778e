import ArgumentParser
import Example

/// What one call of a load test does. The names are those of the methods of `Hazard`.
enum LoadKind: String, CaseIterable, Sendable {
  /// Reports a hazard.
  case submit
  /// Takes a case that was reported in this run one step along the loop; a report while there is none.
  case transition
  /// Reads one case by its number.
  case show
  /// Reads a page of open cases of a grid.
  case list
  /// Counts the cases of a subtree by state.
  case count
  /// Begins to watch a case: until its present state is there.
  case watch

  /// Words for the same that people use.
  fileprivate static let otherNames: [String: LoadKind] = ["read": .show, "statistics": .count]
}

/// How often each kind of call is made, against the others.
struct Mix: Sendable, CustomStringConvertible {
  /// Only kinds that are made at all.
  let weights: [(kind: LoadKind, weight: Int)]
  private let total: Int

  static let submitOnly = Mix([(.submit, 1)])

  private init(_ weights: [(kind: LoadKind, weight: Int)]) {
    self.weights = weights.filter { $0.weight > 0 }
    total = weights.reduce(0) { $0 + $1.weight }
  }

  /// Large enough for parts of a million.
  private static let weightMax = 1_000_000

  /// - Parameter text: such as `submit=70,transition=10,show=20`.
  init(parsing text: String) throws {
    var weights: [(kind: LoadKind, weight: Int)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard sides.count == 2, let weight = Int(sides[1]), (0...Self.weightMax).contains(weight) else {
        throw ValidationError("\"\(part)\" is not of the form KIND=WEIGHT, with a weight from 0 to \(Self.weightMax)")
      }
      guard let kind = LoadKind(rawValue: sides[0]) ?? LoadKind.otherNames[sides[0]] else {
        let known = LoadKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no kind of call \"\(sides[0])\"; there are \(known)")
      }
      guard !weights.contains(where: { $0.kind == kind }) else { throw ValidationError("\(kind) is given twice") }
      weights.append((kind, weight))
    }
    self.init(weights)
    guard total > 0 else { throw ValidationError("a mix needs a weight above 0") }
  }

  func contains(_ kind: LoadKind) -> Bool { weights.contains { $0.kind == kind } }

  /// Draws a kind.
  func pick(_ random: inout SplitMix64) -> LoadKind {
    if weights.count == 1 { return weights[0].kind }
    var place = Int(random.next() % UInt64(total))
    for (kind, weight) in weights {
      place -= weight
      if place < 0 { return kind }
    }
    preconditionFailure("the weights sum to less than their total")
  }

  var description: String { weights.map { "\($0.kind)=\($0.weight)" }.joined(separator: ",") }
}
