extension [UInt8] {
  /// Two lower-case digits for each byte.
  package var hexadecimal: String { map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

  /// `nil` when the text is not two hexadecimal digits for each byte.
  package init?(hexadecimal text: some StringProtocol) {
    let digits = text.map(\.hexDigitValue)
    guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
    self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) }
  }
}
