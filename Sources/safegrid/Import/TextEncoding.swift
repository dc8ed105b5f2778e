/// Files that are text, but not in UTF-8: they are refused as a whole, with what to do.
enum TextEncoding {
  static func check(_ bytes: [UInt8], name: String) throws {
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      throw InputFault(
        localized(
          "\(name) is UTF-16, as Excel's \"Unicode Text\" is; \(advice)",
          "\(name)是UTF-16编码（Excel的“Unicode文本”）；\(advice)"))
    }
    if isGBK(bytes) {
      throw InputFault(
        localized(
          "\(name) is in GBK (GB 18030), as a Chinese Excel saves CSV; \(advice)",
          "\(name)是GBK（GB 18030）编码（中文Excel默认的CSV）；\(advice)"))
    }
  }

  private static let advice = localized(
    "save it as \"CSV UTF-8 (Comma delimited)\" 另存为“CSV UTF-8(逗号分隔)”, or convert it: iconv -f GB18030 -t UTF-8 FILE",
    "请另存为“CSV UTF-8(逗号分隔)”，或转换：iconv -f GB18030 -t UTF-8 文件")

  /// Whether all that is not ASCII can be GBK, and no line of it UTF-8: a damaged line among good ones is a fault of that
  /// line alone.
  private static func isGBK(_ bytes: [UInt8]) -> Bool {
    var isForeign = false
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.contains(where: { $0 >= 0x80 }) {
      guard String(validating: line, as: UTF8.self) == nil, canBeGBK(line) else { return false }
      isForeign = true
    }
    return isForeign
  }

  /// Characters of two bytes, or of four as GB 18030 has besides; their second bytes lie apart from line ends and commas.
  private static func canBeGBK(_ line: ArraySlice<UInt8>) -> Bool {
    var rest = line
    while let first = rest.popFirst() {
      if first < 0x80 { continue }
      guard (0x81...0xfe).contains(first), let second = rest.popFirst() else { return false }
      if (0x40...0xfe).contains(second), second != 0x7f { continue }
      guard (0x30...0x39).contains(second), let third = rest.popFirst(), (0x81...0xfe).contains(third),
        let fourth = rest.popFirst(), (0x30...0x39).contains(fourth)
      else { return false }
    }
    return true
  }
}
