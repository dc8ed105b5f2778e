internal import Glibc

/// Append-only output: one growing buffer, owned, without copies on the way.
///
/// Not copyable, so that nobody pays for a copy by mistake. Take the result with ``withSpan(_:)`` or ``bytes``.
/// Limit: none of its own; those who fill it check their frame, record or key limit.
@safe
package struct ByteWriter: ~Copyable {
  /// From `malloc`; where it points means nothing while `capacity` is 0.
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var length: Int

  /// Bytes written so far.
  @inlinable package var count: Int { length }

  package init(capacity: Int = 64) {
    self.init(room: max(capacity, 16))
  }

  /// - Parameter room: none takes no memory.
  private init(room: Int) {
    capacity = room
    length = 0
    guard room > 0 else {
      // Safe: never dereferenced, because there is no room.
      unsafe base = UnsafeMutableRawPointer(bitPattern: 16)!
      return
    }
    // Safe: the memory is owned by this value alone and freed in `deinit`. `malloc` itself, because `allocate` asks for
    // an alignment, which takes the C library twice as long.
    guard let memory = unsafe malloc(room) else { preconditionFailure("no memory for \(room) bytes") }
    unsafe base = memory
  }

  deinit {
    // Safe: allocated in `init` or `grow`, never handed out.
    if capacity > 0 { unsafe free(base) }
  }

  /// Makes room for `extra` more bytes; growth doubles, so that appending stays linear.
  @inline(never)
  @usableFromInline mutating func grow(by extra: Int) {
    let room = max(capacity * 2, count + extra, 16)
    // Safe: `base` is from `malloc`, or there is none yet.
    guard let larger = unsafe realloc(capacity > 0 ? base : nil, room) else {
      preconditionFailure("no memory for \(room) bytes")
    }
    unsafe base = larger
    capacity = room
  }

  @inlinable
  package mutating func reserve(_ extra: Int) {
    if capacity - count < extra { grow(by: extra) }
  }

  @inlinable
  package mutating func append(_ byte: UInt8) {
    reserve(1)
    // Safe: `reserve` made room.
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    length += 1
  }

  /// Appends the integer, least significant byte first.
  @inlinable
  package mutating func appendLittleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
    let size = MemoryLayout<Integer>.size
    reserve(size)
    // Safe: `reserve` made room; unaligned stores are allowed for bitwise-copyable types.
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: count, as: Integer.self)
    length += size
  }

  /// Appends the integer, most significant byte first, so that `memcmp` orders unsigned values as numbers.
  @inlinable
  package mutating func appendBigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
    let size = MemoryLayout<Integer>.size
    reserve(size)
    // Safe: as in `appendLittleEndian`.
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: count, as: Integer.self)
    length += size
  }

  package mutating func append(_ span: RawSpan) {
    let size = span.byteCount
    guard size > 0 else { return }
    reserve(size)
    // Safe: `reserve` made room; the span is valid for the call and cannot lie in the room behind `count`.
    unsafe span.withUnsafeBytes { source in
      unsafe (base + count).copyMemory(from: source.baseAddress!, byteCount: size)
    }
    length += size
  }

  package mutating func append(_ bytes: [UInt8]) {
    bytes.withRawSpan { append($0) }
  }

  package mutating func append(_ text: String) {
    // Safe: the span lives for the call, and the text with it.
    append(unsafe text.utf8.span.bytes)
  }

  package mutating func append(_ text: some Sequence<UInt8>) {
    let done: Void? = text.withContiguousStorageIfAvailable { buffer in
      unsafe append(UnsafeRawBufferPointer(buffer).bytes)
    }
    if done == nil { for byte in text { append(byte) } }
  }

  /// Appends `size` zero bytes, to be filled later by `overwrite`.
  package mutating func appendZeros(_ size: Int) {
    reserve(size)
    // Safe: `reserve` made room.
    unsafe (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: size)
    length += size
  }

  /// Replaces bytes that are already there.
  @inlinable @inline(__always)
  package mutating func overwriteLittleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, _ value: Integer
  ) {
    precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count, "overwrite beyond the end")
    // Safe: checked above.
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self)
  }

  /// Puts `size` unset bytes at `offset`, moving what follows.
  package mutating func openGap(at offset: Int, size: Int) {
    precondition(offset >= 0 && offset <= count && size >= 0, "gap outside the bytes")
    reserve(size)
    // Safe: room was made; `memmove` semantics of `copyMemory` allow the overlap.
    unsafe (base + offset + size).copyMemory(from: base + offset, byteCount: count - offset)
    length += size
  }

  /// Forgets everything from `length` on, keeping the memory.
  package mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= length, "truncate beyond the end")
    length = newCount
  }

  package mutating func removeAll() { length = 0 }

  /// The bytes written since `start`, readable for the length of the call.
  @inlinable
  package func withSpan<Result: ~Copyable, Failure: Error>(
    from start: Int = 0, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(start >= 0 && start <= count, "span beyond the end")
    // Safe: the span cannot outlive the call, and `self` is borrowed for it.
    let span = unsafe RawSpan(_unsafeStart: base + start, byteCount: count - start)
    return try body(span)
  }

  /// The bytes written so far.
  package var span: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      // Safe: the bytes stay where they are while `self` is borrowed.
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// A copy of the bytes written since `start`.
  package func bytes(from start: Int = 0) -> [UInt8] {
    withSpan(from: start) { [UInt8](copying: $0) }
  }

  /// Moves the content out and leaves an empty writer behind.
  package mutating func take() -> ByteWriter {
    let taken = consume self
    self = ByteWriter(room: 0)
    return taken
  }
}
