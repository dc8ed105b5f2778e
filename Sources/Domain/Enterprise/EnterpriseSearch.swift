package import Records
import Scalars

/// Objects by a part of their name, by flags, in a grid subtree.
///
/// Every index that it reads is in the order of places: grid, then number. So the objects that several entries agree on
/// are found by going through all of them side by side, each leaping to where another one stands: the rarest of them
/// decides how much is read, and nobody need know beforehand which that is.
package struct EnterpriseSearch {
  private let text: SearchText
  private let request: SearchEnterprises
  private let caller: Caller?
  private let limit: Int
  private let places: ClosedRange<GridCode>
  /// Where the last object of the page stands.
  private var last: EnterpriseSearchCursor?
  /// Index entries and records that were looked at.
  package private(set) var touched = 0
  package private(set) var page = EnterpriseSearchPage()

  /// As many as a page looks at: some ten milliseconds.
  package static let touchedMax = 10_000

  /// - Parameters:
  ///   - caller: whoever asks sees what they may; the rules themselves see everything.
  ///   - limit: objects on the page.
  package init(_ request: SearchEnterprises, for caller: Caller? = nil, limit: Int) {
    self.request = request
    self.caller = caller
    self.limit = limit
    text = SearchText(request.text)
    places = request.grid?.subtree ?? .unset...GridCode(unchecked: .max)
  }

  /// Fills the page.
  package mutating func run(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    if let character = text.single { try walk(character, reader) } else { try walkAlong(reader) }
  }

  private var start: LedgerPlace {
    let first = LedgerPlace(grid: places.lowerBound, id: 0)
    guard let after = request.after else { return first }
    return max(first, LedgerPlace(grid: after.grid ?? .unset, id: after.id).next)
  }

  /// Adds an object to the page if it is what is looked for. Answers whether the page is done: it was full already, or
  /// enough was looked at.
  private mutating func consider(
    _ place: LedgerPlace, following: UInt32? = nil, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Bool {
    touched += 1
    let here = EnterpriseSearchCursor(grid: place.grid, id: place.id, following: following)
    if let object = try reader.record(EnterprisesTable.self, .init(id: place.id)), matches(object) {
      guard page.enterprises.count < limit else {
        page.next = last
        return true
      }
      page.enterprises.append(object)
      last = here
    }
    if isSpent { page.next = here }
    return isSpent
  }

  private var isSpent: Bool { touched >= Self.touchedMax }

  private func matches(_ object: Enterprise) -> Bool {
    SearchText(object.name).contains(text) && request.flags.allSatisfy(object.flags.contains)
      && (request.states.isEmpty || request.states.contains(object.state))
      && (request.sections.isEmpty || request.sections.contains { $0 == object.section })
      && (caller?.maySee(object) ?? true)
  }

  // MARK: Several characters, flags, or neither

  private mutating func walkAlong(_ reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    var walks = text.innerPairs.map { LedgerWalk([.pair($0), .pair(.long)], in: places) }
    walks += Set(request.flags).map { LedgerWalk([.flag($0)], in: places) }
    if walks.isEmpty { walks = [LedgerWalk([.all], in: places)] }
    var target = start
    while true {
      let from = target
      for index in walks.indices {
        guard let place = try walks[index].first(from: target, reader, &touched) else { return }
        target = place
      }
      if target == from || walks.count == 1 {
        if try consider(target, reader) { return }
        target = target.next
      } else if isSpent {
        // Everything in front of the target is decided.
        return page.next = EnterpriseSearchCursor(grid: target.grid, id: target.id - 1)
      }
    }
  }

  // MARK: One character

  /// Names that hold a character have a pair that begins with it. They are walked pair by pair, behind those with too many
  /// pairs, and each is found at the least of its own.
  private mutating func walk(
    _ character: UInt32, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    func leap(to following: UInt32) {
      pair = CharacterPair(character, following)
      target = LedgerPlace(grid: places.lowerBound, id: 0)
      runLength = 1
    }
    var pair = request.after?.following.map { CharacterPair(character, $0) } ?? .long
    var target = start
    var runLength = 1
    while !isSpent {
      let end = EnterprisesByNameIndex.prefix(pair == .long ? pair : CharacterPair(character, .max >> 8))
      let begin = EnterprisesByNameIndex.Key(name: pair, grid: target.grid, key: .init(id: target.id)).encoded
      let entries = try reader.entries(
        EnterprisesByNameIndex.self, in: KeyRange(from: begin, through: end), descending: false, limit: runLength)
      touched += entries.count + 1
      runLength = min(2 * runLength, LedgerWalk.runLengthMax)
      if entries.isEmpty {
        guard pair == .long else { return }
        leap(to: 0)
      }
      for entry in entries {
        let place = LedgerPlace(grid: entry.grid, id: entry.key.id)
        if entry.name != pair { leap(to: entry.name.second) }
        guard place >= target else { break }
        guard places.contains(place.grid) else {
          leap(to: pair == .long ? 0 : pair.second + 1)
          break
        }
        target = place.next
        guard pair == .long ? true : try isFound(place, at: pair, reader) else { continue }
        if try consider(place, following: pair == .long ? nil : pair.second, reader) { return }
      }
    }
    page.next = EnterpriseSearchCursor(
      grid: target.grid, id: target.id == 0 ? 0 : target.id - 1, following: pair == .long ? nil : pair.second)
  }

  /// Whether this is the least pair of the name that begins with its character.
  private func isFound(
    _ place: LedgerPlace, at pair: CharacterPair, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Bool {
    guard let object = try reader.record(EnterprisesTable.self, .init(id: place.id)) else { return false }
    return SearchText(object.name).indexedPairs.first { $0.first == pair.first } == pair
  }
}
