package import Bytes

/// A text as people look for it: letters are small, full-width signs are the plain ones (（ is (, Ａ is a), and blanks
/// are left out. Traditional characters stay what they are.
package struct SearchText: Sendable, Equatable {
  private let characters: [UInt32]

  package init(_ text: String) {
    characters = text.unicodeScalars.compactMap { scalar in
      if scalar.properties.isWhitespace { return nil }
      // The full-width forms of ASCII lie at one distance from it.
      let plain = (0xff01...0xff5e).contains(scalar.value) ? scalar.value - 0xfee0 : scalar.value
      return (0x41...0x5a).contains(plain) ? plain + 0x20 : plain
    }
  }

  package var isEmpty: Bool { characters.isEmpty }
  /// The character, if there is one only.
  package var single: UInt32? { characters.count == 1 ? characters[0] : nil }

  /// Whether `part` stands in it, as it is.
  package func contains(_ part: SearchText) -> Bool {
    guard let first = part.characters.first else { return true }
    guard characters.count >= part.characters.count else { return false }
    return (0...characters.count - part.characters.count).contains { start in
      characters[start] == first && characters[start...].starts(with: part.characters)
    }
  }

  /// Each two neighbours once, in order.
  package var innerPairs: [CharacterPair] {
    Set(zip(characters, characters.dropFirst()).map(CharacterPair.init)).sorted()
  }

  /// What an index has for this text: its pairs, and the last character with nothing behind it, so that each character
  /// begins a pair. A text of more than ``indexedPairsMax`` has one entry, among the long ones, instead.
  package var indexedPairs: [CharacterPair] {
    guard let last = characters.last else { return [] }
    let pairs = innerPairs + [CharacterPair(last, 0)]
    return pairs.count > Self.indexedPairsMax ? [.long] : pairs
  }

  /// Each pair costs a write of some microseconds and some forty bytes. Registered names have 8 to 30 characters; what is
  /// longer than 48 is rare enough to be looked through at every search.
  package static let indexedPairsMax = 48
}

/// Two neighbouring characters of a text, by which an index finds it; see ``SearchText``.
package struct CharacterPair: Sendable, Hashable, Comparable {
  package let first: UInt32
  /// 0 behind the last character.
  package let second: UInt32

  package init(_ first: UInt32, _ second: UInt32) {
    self.first = first
    self.second = second
  }

  /// Stands for all pairs of a text that has too many.
  package static let long = CharacterPair(0, 0)

  package static func < (left: CharacterPair, right: CharacterPair) -> Bool {
    (left.first, left.second) < (right.first, right.second)
  }
}

/// Three bytes for each character: a Unicode scalar has 21 bits.
extension CharacterPair: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) {
    for character in [first, second] {
      writer.append(UInt8(truncatingIfNeeded: character >> 16))
      writer.append(UInt8(truncatingIfNeeded: character >> 8))
      writer.append(UInt8(truncatingIfNeeded: character))
    }
  }

  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    func character(_ reader: inout KeyReader) throws(RecordFault) -> UInt32 {
      UInt32(try reader.bigEndian(UInt8.self)) << 16 | UInt32(try reader.bigEndian(UInt16.self))
    }
    self.init(try character(&reader), try character(&reader))
  }
}
