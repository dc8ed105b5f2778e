import Bytes
import Scalars
import Testing

@Suite struct GridCodeTests {
  @Test func `the four levels, their parents and subtrees`() throws {
    let cell = try #require(GridCode("421222100001001"))
    let village = try #require(cell.parent)
    let township = try #require(village.parent)
    let county = try #require(township.parent)
    #expect([cell, village, township, county].map(\.depth) == [4, 3, 2, 1])
    #expect("\(village) \(township) \(county)" == "421222100001000 421222100000000 421222000000000")
    #expect(county.parent == nil)
    #expect(cell.ancestorsAndSelf == [county, township, village, cell])
    #expect(county.subtree == county...GridCode("421222999999999")!)
    #expect(township.contains(cell) && !village.contains(township))
    #expect(!GridCode("421222101000000")!.contains(cell))
    #expect(GridCode("421222099999999") == GridCode(unchecked: 421_222_099_999_999))
  }

  @Test func `a county whose digits end in 00 is a county with townships`() throws {
    // Dongguan 441900: the level follows from whole three-digit parts, not from trailing zeros.
    let dongguan = try #require(GridCode("441900000000000"))
    let township = try #require(GridCode("441900003000000"))
    #expect(dongguan.depth == 1 && township.depth == 2 && township.parent == dongguan)
  }

  @Test(arguments: [
    ("", "digits only"), ("42122210000100", "has 14"), ("4212221000010011", "has 16"),
    ("42122210000100x", "digits only"),
    ("４２１２２２１００００１００１", "digits only"), ("421222", "as a division code it is grid 421222000000000"),
    ("000000000000000", "province"), ("101222100001001", "province"), ("991222100001001", "province"),
    ("421222000001000", "no township part"), ("421222100000001", "no village part"),
    ("421222000000001", "no township part"),
  ])
  func `malformed codes say what is wrong`(text: String, reason: String) {
    #expect(GridCode(text) == nil)
    #expect {
      _ = try GridCode(parsing: text)
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test func `a malformed code on the wire is refused`() {
    #expect(throws: RecordFault.self) {
      try [1, 0, 0, 0, 0, 0, 0, 0].withRawSpan { span in
        var reader = WireReader(span)
        _ = try GridCode(decoding: &reader)
      }
    }
  }
}

@Suite struct USCCTests {
  // Publicly known companies, GB 32100-2015 worked out by hand, and edge cases of the check sum.
  @Test(arguments: [
    "914403001922038216", "9144030071526726XG", "91440300192181490G", "9144030010001686XA", "91100000100003962T",
    "91421222MA40006370", "91421222MA4000047Y",
  ])
  func `real and edge codes are verified`(text: String) throws {
    let code = try #require(USCC(text))
    #expect(code.isVerified && code.description == text)
    #expect(try #require(USCC(text.lowercased())).description == text)
  }

  @Test func `a wrong check character is well formed but not verified`() throws {
    // The first is a typing error, the second a code that is registered so.
    for (text, expected) in [("914403001922038217", "6"), ("91350211M0000XUF46", "R")] {
      let code = try #require(USCC(text))
      #expect(!code.isVerified && "\(code.expectedCheckCharacter)" == expected)
    }
  }

  @Test(arguments: [
    ("", "18 characters"), ("91440300192203821", "has 17"), ("9144030019220382166", "has 19"),
    ("91440300192203821I", "character 18"), ("9144030019220382O6", "character 17"),
    ("914403001S22038216", "character 10"),
    ("914403001V22038216", "character 10"), ("914403001Z22038216", "character 10"),
    ("B1440300192203821X", "registering authority"),
    ("9X440300192203821X", "category"), ("91A40300192203821X", "division"), ("91440300192203８216", "characters"),
  ])
  func `every kind of malformed code says what is wrong`(text: String, reason: String) {
    #expect(USCC(text) == nil)
    #expect {
      _ = try USCC(parsing: text)
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test(arguments: ["A1", "N1", "N2", "N3", "Y1", "11", "12", "51", "81", "93", "99"])
  func `authorities of the standard and its amendment are taken`(beginning: String) throws {
    let first17 = "\(beginning)421222MA0000001"
    let code = try #require(USCC(first17 + String(USCC.checkCharacter(of: Array(first17.utf8)))))
    #expect(code.isVerified)
  }
}

@Suite struct HazardNumberTests {
  @Test func `28 digits: grid, date, sequence`() throws {
    let number = try #require(HazardNumber("4212221000010012025112200007"))
    #expect(number.grid == GridCode("421222100001001") && number.date == Date("2025-11-22") && number.sequence == 7)
    #expect("\(number)" == "4212221000010012025112200007")
  }

  @Test(arguments: [
    ("", "digits only"), ("421222100001001202511220000", "has 27"), ("4212221000010012025112200000", "sequence 00000"),
    ("4212221000010012025023000001", "no date"), ("4212220000010012025112200007", "township part"),
    ("421222100001001202511220000x", "digits only"),
  ])
  func `malformed numbers say what is wrong`(text: String, reason: String) {
    #expect {
      _ = try HazardNumber(parsing: text)
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test func `keys order by grid, then time, then sequence`() {
    func key(_ text: String) -> [UInt8] {
      var writer = ByteWriter()
      HazardNumber(text)!.encodeKey(into: &writer)
      return writer.bytes()
    }
    let ordered = [
      "4212221000010012025112200007", "4212221000010012025112200010", "4212221000010012025112300001",
      "4212221000010022020010100001", "4212222000010012020010100001",
    ]
    #expect(ordered.shuffled().sorted { key($0).lexicographicallyPrecedes(key($1)) } == ordered)
  }
}
