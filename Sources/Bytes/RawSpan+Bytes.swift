internal import Glibc

extension Array where Element == UInt8 {
  /// The one sanctioned way from an array to a raw span.
  @inlinable
  package func withRawSpan<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Safe: the span borrows `self` and cannot leave the closure.
    try body(unsafe self.span.bytes)
  }

  /// The bytes of a span, owned.
  package init(copying span: RawSpan) {
    // Safe: the buffer pointer does not leave the closure.
    self = unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension RawSpan {
  /// The integer whose least significant byte is at `offset`. Traps when it does not fit: callers check lengths.
  @inlinable
  package func littleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Integer.Type = Integer.self
  ) -> Integer {
    precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= byteCount, "load beyond the end")
    // Safe: bounds checked above; every bit pattern is a value.
    return Integer(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Integer.self))
  }

  /// The integer whose most significant byte is at `offset`. Traps when it does not fit.
  @inlinable
  package func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Integer.Type = Integer.self
  ) -> Integer {
    Integer(bigEndian: Integer(littleEndian: littleEndian(at: offset)))
  }

  /// Whether these bytes stand before `other` in the order of `memcmp`, shorter before longer.
  package func isOrderedBefore(_ other: RawSpan) -> Bool {
    // Safe: the buffer pointers do not leave the closures.
    unsafe withUnsafeBytes { mine in
      unsafe other.withUnsafeBytes { theirs in unsafe mine.lexicographicallyPrecedes(theirs) }
    }
  }

  /// Whether both hold the same bytes.
  package func hasSameBytes(as other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    // Safe: the buffer pointers do not leave the closures.
    return unsafe withUnsafeBytes { mine in
      unsafe other.withUnsafeBytes { theirs in
        unsafe mine.isEmpty || memcmp(mine.baseAddress!, theirs.baseAddress!, mine.count) == 0
      }
    }
  }

  /// Whether these bytes spell the text.
  package func hasSameBytes(as text: String) -> Bool {
    // Safe: the span lives for the call, and the text with it.
    hasSameBytes(as: unsafe text.utf8.span.bytes)
  }

  /// The text, if the bytes are UTF-8.
  package func text() -> String? {
    // Safe: the buffer pointers do not leave the closures, and a byte may have any value.
    unsafe withUnsafeBytes { bytes in
      unsafe bytes.withMemoryRebound(to: UInt8.self) { buffer in
        do { return String(copying: try UTF8Span(validating: unsafe buffer.span)) } catch { return nil }
      }
    }
  }
}

extension Hasher {
  /// Feeds all bytes at once; an array by itself feeds them one by one.
  package mutating func combine(bytesOf array: [UInt8]) {
    // Safe: the buffer does not leave the closure.
    unsafe array.withUnsafeBytes { unsafe combine(bytes: $0) }
  }
}

extension String {
  /// Whether both are spelled alike, byte by byte: whether two Chinese texts are the same to Unicode is a long question.
  package func hasSameBytes(as other: String) -> Bool {
    // Safe: the span lives for the call, and the text with it.
    unsafe utf8.span.bytes.hasSameBytes(as: other)
  }

  /// Whether the character U+0000 stands in it, which would end it in a key.
  package var holdsNull: Bool {
    // Safe: the spans live for the call, and the text with them.
    unsafe utf8.span.bytes.withUnsafeBytes { bytes in
      unsafe !bytes.isEmpty && memchr(bytes.baseAddress!, 0, bytes.count) != nil
    }
  }
}

extension UnsafeRawBufferPointer {
  /// A span over the buffer, for a caller that guarantees the memory for as long as the span is used.
  @unsafe
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get { unsafe RawSpan(_unsafeBytes: self) }
  }
}
