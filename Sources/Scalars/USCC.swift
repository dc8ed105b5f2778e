package import Bytes

/// A unified social credit code 统一社会信用代码 (GB 32100-2015): 18 characters, upper case.
///
/// Registering authority and category (2), division of registration (6), organisation code (9), check character (1).
/// A value of this type is well formed; whether its check character is right, ``isVerified`` says: some real,
/// registered codes fail it, and 0.05 % of a province's registry do. The inner organisation-code check (GB 11714)
/// is not enforced, because valid codes fail it.
public struct USCC: Sendable, Hashable, CustomStringConvertible {
  private let text: String

  /// No code at all: what an empty field holds.
  public static let unset = USCC(unchecked: "")

  private init(unchecked text: String) { self.text = text }

  /// Digits and capital letters without I, O, S, V, Z; a character's value is its position.
  private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)

  /// A well-formed code; lower case is taken as upper case.
  public init?(_ text: String) {
    do throws(RecordFault) { self = try USCC(parsing: text) } catch { return nil }
  }

  package init(parsing original: String) throws(RecordFault) {
    // Of ASCII alone: capitals of a ligature would be two letters.
    let characters = original.utf8.map { (0x61...0x7a).contains($0) ? $0 - 0x20 : $0 }
    let text = String(decoding: characters, as: UTF8.self)
    guard characters.count == 18, text.unicodeScalars.count == 18 else {
      throw RecordFault(
        "a credit code has 18 characters, \"\(original)\" has \(original.count)",
        "统一社会信用代码为18位，“\(original)”有\(original.count)位")
    }
    for (index, character) in characters.enumerated() where !Self.alphabet.contains(character) {
      throw RecordFault(
        "character \(index + 1) of credit code \(text) is \"\(Character(UnicodeScalar(character)))\"; "
          + "only digits and capital letters without I, O, S, V, Z are used",
        "统一社会信用代码\(text)第\(index + 1)位为“\(Character(UnicodeScalar(character)))”，"
          + "只能用数字和除I、O、S、V、Z外的大写字母")
    }
    func isDigit(_ character: UInt8) -> Bool { (0x30...0x39).contains(character) }
    // GB 32100 and its 2016 amendment: digits, A military, N agriculture, Y others.
    guard isDigit(characters[0]) || "ANY".utf8.contains(characters[0]) else {
      throw RecordFault(
        "credit code \(text) begins with an unknown registering authority", "统一社会信用代码\(text)的登记管理部门代码不明")
    }
    guard isDigit(characters[1]) else {
      throw RecordFault("credit code \(text) has no category digit in second place", "统一社会信用代码\(text)第2位应为机构类别数字")
    }
    guard characters[2..<8].allSatisfy(isDigit) else {
      throw RecordFault(
        "characters 3 to 8 of credit code \(text) are not a division code", "统一社会信用代码\(text)第3至8位不是区划代码")
    }
    self.text = text
  }

  /// The check character that the first 17 ask for: weights are the powers of 3 modulo 31.
  package static func checkCharacter(of first17: some Collection<UInt8>) -> Character {
    var sum = 0
    var weight = 1
    for character in first17 {
      sum += alphabet.firstIndex(of: character)! * weight
      weight = weight * 3 % 31
    }
    // The outer remainder matters: a sum divisible by 31 asks for 0, not for a 32nd character.
    return Character(UnicodeScalar(alphabet[(31 - sum % 31) % 31]))
  }

  package var expectedCheckCharacter: Character { Self.checkCharacter(of: Array(text.utf8.prefix(17))) }

  /// Whether the check character is right.
  public var isVerified: Bool { text.last == expectedCheckCharacter }

  /// Digits 3 to 8: where it was registered, which need not be where it operates.
  public var registeringDivision: String { String(text.dropFirst(2).prefix(6)) }

  public var description: String { text }
}

/// The 18 characters.
extension USCC: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: USCC { .unset }
  package var isAbsent: Bool { text.isEmpty }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let text = try String(decoding: &reader)
    self = text.isEmpty ? .unset : try USCC(parsing: text)
  }
  package func encode(into writer: inout ByteWriter) { text.encode(into: &writer) }
}

extension USCC: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) {
    precondition(text.utf8.count == 18, "an unset credit code in a key")
    writer.append(text.utf8)
  }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    try self.init(parsing: String(decoding: try reader.bytes(18), as: UTF8.self))
  }
}
