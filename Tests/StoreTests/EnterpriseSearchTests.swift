import Bytes
import Domain
import Example
import Records
import Scalars
import Store
import Support
import Testing

/// Searches over the store's indexes against a look at every record.
@Suite struct EnterpriseSearchTests {
  private static let cells = ["421222100001001", "421222100001002", "421222101001001", "421223100001001"]
    .map { GridCode($0)! }
  /// Sees everything.
  private static let everybody = Caller(
    principal: "test", person: nil, grants: [Grant(role: .administrator)], token: nil)

  private func open(_ folder: TemporaryFolder) throws -> StateStore {
    try StateStore(path: folder.path, mapBytes: 512 << 20)
  }

  private func put(_ objects: some Sequence<Enterprise>, _ store: StateStore) throws {
    var state = try WriteState(store)
    for object in objects { state.put(EnterprisesTable.self, object) }
    try state.accept()
    try state.prepare()
    try state.commit()
  }

  /// All pages of a search, and what was looked at for the page that looked at most.
  private func found(
    _ request: SearchEnterprises, by caller: Caller = everybody, limit: Int = 1000, _ store: StateStore
  ) throws -> (ids: [UInt64], pages: Int, touchedMost: Int) {
    let snapshot = try Snapshot(store)
    var request = request
    var result: (ids: [UInt64], pages: Int, touchedMost: Int) = ([], 0, 0)
    repeat {
      var search = EnterpriseSearch(request, for: caller, limit: limit)
      try search.run(in: snapshot)
      #expect(search.page.enterprises.count <= limit)
      result.ids += search.page.enterprises.map(\.id)
      result.pages += 1
      result.touchedMost = max(result.touchedMost, search.touched)
      request.after = search.page.next
    } while request.after != nil && result.pages < 10_000
    return result
  }

  /// Names of few characters, so that parts are shared; now and then a very long one, and signs of both widths.
  private func name(_ random: inout SplitMix64) -> String {
    let characters = "通城县鑫源百货店厂ＡaＢb（( 有限公司".map(String.init)
    let length = random.chance(0.1) ? 60 + Int(random.next() % 100) : 1 + Int(random.next() % 12)
    let more = random.chance(0.1) ? (0..<80).map { String(UnicodeScalar(0x5000 + $0 + Int(random.next() % 3))!) } : []
    return (0..<length).map { _ in random.pick(characters) }.joined() + more.joined()
  }

  @Test(arguments: 0..<4)
  func `every search finds what a look at every record finds, page by page`(run: Int) throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    var random = SplitMix64(seed: testSeed(UInt64(600 + run)))
    let flags: [EnterpriseFlag] = [.mine, .spraying, .keyUnit]
    var objects: [UInt64: Enterprise] = [:]
    for _ in 0..<4 {
      for _ in 0..<80 {
        let id = 1 + random.next() % 200
        // Objects change their names, grids and flags; what they were found by must go.
        objects[id] = Enterprise(
          id: id, name: String(name(&random).prefix(200)), grid: random.pick(Self.cells),
          state: random.pick([.candidate, .active]), flags: flags.filter { _ in random.chance(0.3) })
      }
      try put(objects.values, store)
      #expect(try Snapshot(store).verify().faults == [])
      for _ in 0..<60 {
        var request = SearchEnterprises()
        let source = Array(random.pick(objects.values.sorted { $0.id < $1.id }).name)
        let start = Int(random.next() % UInt64(source.count))
        request.text = String(source[start..<min(source.count, start + 1 + Int(random.next() % 5))])
        if random.chance(0.2) { request.text = name(&random).prefix(2).description }
        if random.chance(0.1) { request.text = "" }
        if random.chance(0.4) { request.grid = random.pick(Self.cells).ancestor(atDepth: 1 + Int(random.next() % 4)) }
        if random.chance(0.3) { request.flags = [random.pick(flags), random.pick(flags)] }
        if random.chance(0.2) { request.states = [.active] }
        let wanted = SearchText(request.text)
        let expected = objects.values.filter { object in
          SearchText(object.name).contains(wanted) && (request.grid?.contains(object.grid) ?? true)
            && request.flags.allSatisfy(object.flags.contains)
            && (request.states.isEmpty || request.states.contains(object.state))
        }
        let limit = 1 + Int(random.next() % 9)
        let result = try found(request, limit: limit, store)
        #expect(result.ids.count == Set(result.ids).count, "\(request)")
        #expect(Set(result.ids) == Set(expected.map(\.id)), "\(request)")
        // As full as it goes: the last page alone holds fewer.
        #expect(result.pages == max(1, (expected.count + limit - 1) / limit), "\(request)")
        if wanted.single == nil {
          #expect(
            result.ids == expected.sorted { ($0.grid, $0.id) < ($1.grid, $1.id) }.map(\.id), "in the order of places")
        }
      }
    }
  }

  /// A ledger in which all names begin and end alike, and every thousandth is special.
  private func uniform(_ count: UInt64, _ store: StateStore) throws {
    let first = "鑫恒瑞隆兴盛宏泰祥和顺达嘉裕丰".map(String.init)
    for chunk in stride(from: 1, through: count, by: 400) {
      try put(
        (chunk..<min(count + 1, chunk + 400)).map { id in
          let trade = id % 1000 == 0 ? "彧曌" : first[Int(id % 15)] + first[Int(id / 15 % 15)]
          return Enterprise(
            id: id, name: "湖北省通城县\(trade)商贸有限公司", grid: Self.cells[Int(id % 4)], state: .active,
            flags: id % 500 == 0 ? [.mine] : [])
        }, store)
    }
  }

  @Test func `a search touches little besides what it finds`() throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    try uniform(20_000, store)
    // The rare characters lead, however common the others are.
    let rare = try found(SearchEnterprises(text: "县彧曌商贸有限"), store)
    #expect(rare.ids.count == 20 && rare.pages == 1)
    #expect(rare.touchedMost < 20 * 30)
    #expect(try found(SearchEnterprises(text: "彧"), store).touchedMost < 20 * 10)
    #expect(try found(SearchEnterprises(text: "曌彧"), store).touchedMost < 10)
    // A flag leads in the same way, and a place bounds everything.
    let mines = try found(SearchEnterprises(text: "有限公司", flags: [.mine]), store)
    #expect(mines.ids.count == 40 && mines.touchedMost < 40 * 25)
    let cell = SearchEnterprises(grid: Self.cells[1], text: "有限公司", limit: 1)
    var search = EnterpriseSearch(cell, for: Self.everybody, limit: 20)
    try search.run(in: try Snapshot(store))
    #expect(search.page.enterprises.allSatisfy { $0.grid == Self.cells[1] } && search.page.enterprises.count == 20)
    #expect(search.touched < 400)
  }

  @Test func `a page ends after ten thousand entries, and the search goes on behind it`() throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    try uniform(20_000, store)
    // Both pairs are everywhere, and together nowhere: the worst case.
    for text in ["司限", "有公", "通公", "城商贸县", "湖"] {
      let caller = Caller(
        principal: "test", person: Person(id: "e", enterpriseId: 19_999), grants: [Grant(role: .enterprise)])
      let result = try found(SearchEnterprises(text: text), by: caller, store)
      #expect(result.ids == (text == "湖" ? [19_999] : []))
      #expect(result.touchedMost <= EnterpriseSearch.touchedMax + 500)
    }
    let all = try found(SearchEnterprises(text: "公司"), limit: 700, store)
    #expect(Set(all.ids).count == 20_000 && all.ids.count == 20_000)
  }

  @Test func `a cursor that no page gave ends the search, and nothing else`() throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    try uniform(40, store)
    for text in ["商贸", "商", ""] {
      for following in [nil, 0, 0xff_ffff, .max] as [UInt32?] {
        for id in [0, 1, .max] as [UInt64] {
          let cursor = EnterpriseSearchCursor(grid: Self.cells[3], id: id, following: following)
          let ids = try found(SearchEnterprises(text: text, after: cursor), store).ids
          #expect(ids.count <= 40)
        }
      }
    }
  }

  @Test func `a name costs an entry for each of its characters, a very long one a single entry`() throws {
    func entries(_ name: String) -> Int {
      var keys = DerivedKeys()
      EnterprisesTable.deriveIndexKeys(of: Enterprise(id: 1, name: name, grid: Self.cells[0]), into: &keys)
      return keys.entries.count { $0.position == EnterprisesByNameIndex.position }
    }
    #expect(entries("甲") == 1)
    #expect(entries("通城县鑫源百货有限公司") == 11)
    #expect(entries("货百货百货") == 3)
    let characters = (0..<200).map { String(UnicodeScalar(0x5000 + $0)!) }
    #expect(entries(characters.prefix(48).joined()) == 48)
    #expect(entries(characters.prefix(49).joined()) == 1)
    #expect(entries(characters.joined()) == 1)
    #expect(entries(" ") == 0)
  }
}
