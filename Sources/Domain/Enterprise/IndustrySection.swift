package import Records

extension IndustrySection {
  /// The divisions 大类 of each section, in the order of the letters A to T (GB/T 4754-2017).
  private static let divisions: [ClosedRange<Int>] = [
    1...5, 6...12, 13...43, 44...46, 47...50, 51...52, 53...60, 61...62, 63...65, 66...69, 70...70, 71...72, 73...75,
    76...79, 80...82, 83...83, 84...85, 86...90, 91...96, 97...97,
  ]

  /// The section of a code: a letter, and two to four digits, of which the first two are one of the letter's divisions.
  /// - Returns: `nil` for what is no such code.
  package init?(code: String) {
    guard let letter = code.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "T")).contains(letter) else { return nil }
    let digits = code.utf8.dropFirst()
    guard (2...4).contains(digits.count), let division = Int(String(decoding: digits.prefix(2), as: UTF8.self)) else {
      return nil
    }
    let index = Int(letter - UInt8(ascii: "A"))
    guard Self.divisions[index].contains(division) else { return nil }
    self = IndustrySection.allKnown[index]
  }

  /// Why a text begins no code of an industry: it is a letter, or a code as short as one likes; `nil` when it does.
  static func fault(inBeginning start: String) -> Label? {
    let isSection = start.utf8.count == 1 && start >= "A" && start <= "T"
    guard !isSection, IndustrySection(code: start) == nil else { return nil }
    return Label(
      "no industry of GB/T 4754-2017 begins with \"\(start)\": a letter A to T, or one with 2 to 4 digits, as in C26",
      "GB/T 4754-2017没有以“\(start)”开头的行业，应为字母A至T，或字母加2至4位数字，例：C26")
  }

  /// Why a text is no code of an industry; `nil` when it is one.
  static func fault(in code: String?) -> Label? {
    guard let code, IndustrySection(code: code) == nil else { return nil }
    return Label(
      "\(code) is no industry of GB/T 4754-2017: a letter, then 2 to 4 digits that begin with a division of its section, "
        + "as in C2671",
      "\(code)不是GB/T 4754-2017的行业代码，应为字母加2至4位数字，且以该门类的大类开头，例：C2671")
  }
}

extension Enterprise {
  /// The section of its industry; `nil` when none is known.
  package var section: IndustrySection? { industry.flatMap(IndustrySection.init(code:)) }
}
