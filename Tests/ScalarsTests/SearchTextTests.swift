import Bytes
import Scalars
import Testing

@Suite struct SearchTextTests {
  @Test(arguments: [
    ("通城县ＡＢＣ商贸（湖北）有限公司", "abc商贸(湖北)"), ("Alpha 百货", "a百"), ("隽水　镇", "水镇"), ("甲", ""), ("百货店", "货店"),
  ])
  func `a part is found whatever the width, the case and the blanks`(name: String, part: String) {
    #expect(SearchText(name).contains(SearchText(part)))
  }

  @Test(arguments: [("百货店", "店百"), ("百货", "百货店"), ("", "甲"), ("通城縣", "通城县")])
  func `what does not stand there is not found`(name: String, part: String) {
    #expect(!SearchText(name).contains(SearchText(part)))
  }

  @Test func `pairs order as their keys do, and are read back`() throws {
    let pairs = ["a", "店", "百货", "𠮷野", "百b", "\u{10FFFF}\u{10FFFF}"].flatMap { SearchText($0).indexedPairs } + [.long]
    func key(_ pair: CharacterPair) -> [UInt8] {
      var writer = ByteWriter()
      pair.encodeKey(into: &writer)
      return writer.bytes()
    }
    for left in pairs {
      #expect(key(left).count == 6)
      for right in pairs { #expect((left < right) == key(left).lexicographicallyPrecedes(key(right))) }
      let read = try key(left).withRawSpan { (span) throws(RecordFault) in
        var reader = KeyReader(span)
        return try CharacterPair(decodingKey: &reader)
      }
      #expect(read == left)
    }
  }
}
