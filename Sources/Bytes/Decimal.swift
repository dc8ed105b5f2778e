extension RawSpan {
  /// The number that the bytes of `range` spell in decimal digits; `nil` when one of them is none.
  package func decimal(_ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for offset in range {
      let digit = littleEndian(at: offset, as: UInt8.self) &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
    }
    return value
  }
}

extension FixedWidthInteger {
  /// The number in decimal digits, with zeros before it up to `width`.
  package func decimal(width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}

extension ByteWriter {
  /// Appends the number in decimal digits.
  package mutating func appendDecimal(_ value: UInt64) {
    var (width, bound) = (1, UInt64(10))
    while width < 20, value >= bound { (width, bound) = (width + 1, bound &* 10) }
    appendDecimal(value, width: width)
  }

  /// Appends the number in decimal digits, with zeros before it up to `width`.
  package mutating func appendDecimal(_ value: UInt64, width: Int) {
    let start = count
    appendZeros(width)
    var (rest, offset) = (value, start + width)
    while offset > start {
      offset -= 1
      overwriteLittleEndian(at: offset, UInt8(truncatingIfNeeded: rest % 10) &+ 0x30)
      rest /= 10
    }
    precondition(rest == 0, "the number is wider than its field")
  }
}
