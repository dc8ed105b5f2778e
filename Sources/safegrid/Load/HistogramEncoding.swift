import Bytes
import CZlib
import FoundationEssentials
import Histogram

/// HdrHistogram's V2 encoding, packed by zlib, in base64: what its tools in other languages write and read.
///
/// ```
/// packed    u32 0x1c849314 │ u32 length │ zlib stream of:
/// plain     u32 0x1c849313 │ u32 length of the counts │ i32 normalizing offset 0 │ u32 significant digits
///           u64 lowest discernible value │ u64 highest trackable value │ f64 conversion ratio 1 │ counts
/// counts    zigzag LEB128, at most 9 bytes each; a negative number is that many counts of zero
/// ```
/// Numbers of fixed width are big-endian.
enum HistogramEncoding {
  private static let plainCookie: UInt32 = 0x1c84_9313
  private static let packedCookie: UInt32 = 0x1c84_9314
  private static let headLength = 40
  /// A histogram of five digits over the whole of 64 bits takes less.
  private static let plainBytesMax = 64 << 20

  static func encode(_ histogram: Histogram<UInt64>) -> String {
    let stream = deflate(plain(histogram))
    var packed: [UInt8] = []
    append(packedCookie, to: &packed)
    append(UInt32(stream.count), to: &packed)
    return Data(packed + stream).base64EncodedString()
  }

  static func plain(_ histogram: Histogram<UInt64>) -> [UInt8] {
    let places = BucketPlaces(
      digits: Int(histogram.numberOfSignificantValueDigits.rawValue), lowest: histogram.lowestDiscernibleValue)
    var counts: [UInt8] = []
    var next = 0
    for value in histogram.recordedValues() {
      let index = places.index(of: value.value)
      if index > next { appendZigzag(-Int64(index - next), to: &counts) }
      appendZigzag(Int64(value.count), to: &counts)
      next = index + 1
    }
    var plain: [UInt8] = []
    append(plainCookie, to: &plain)
    append(UInt32(counts.count), to: &plain)
    append(UInt32(0), to: &plain)
    append(UInt32(histogram.numberOfSignificantValueDigits.rawValue), to: &plain)
    append(histogram.lowestDiscernibleValue, to: &plain)
    append(histogram.highestTrackableValue, to: &plain)
    append(1.0.bitPattern, to: &plain)
    return plain + counts
  }

  /// - Throws: `InputFault`, which says what is wrong with the text.
  static func decode(_ text: some StringProtocol) throws -> Histogram<UInt64> {
    guard let data = Data(base64Encoded: String(text)) else { throw InputFault("it is not base64") }
    let packed = [UInt8](data)
    guard packed.count > 8, read(UInt32.self, packed, at: 0) == packedCookie else {
      throw InputFault("it is not in HdrHistogram's compressed V2 encoding")
    }
    let plain = try inflate(packed[8...])
    guard plain.count >= headLength, read(UInt32.self, plain, at: 0) == plainCookie else {
      throw InputFault("there is no V2 encoding in it")
    }
    let digits = Int(read(UInt32.self, plain, at: 12))
    let lowest = read(UInt64.self, plain, at: 16)
    let length = Int(read(UInt32.self, plain, at: 4))
    guard (1...5).contains(digits), (1...1 << 40).contains(lowest), length == plain.count - headLength,
      read(UInt32.self, plain, at: 8) == 0, let significant = SignificantDigits(rawValue: Int8(digits))
    else { throw InputFault("its head holds digits, units or lengths that cannot be") }
    var histogram = Histogram<UInt64>(
      lowestDiscernibleValue: lowest, highestTrackableValue: lowest * 2, numberOfSignificantValueDigits: significant)
    histogram.autoResize = true
    try decode(counts: plain[headLength...], BucketPlaces(digits: digits, lowest: lowest), into: &histogram)
    return histogram
  }

  private static func decode(
    counts: ArraySlice<UInt8>, _ places: BucketPlaces, into histogram: inout Histogram<UInt64>
  ) throws {
    var rest = counts
    var index = 0
    while !rest.isEmpty {
      let count = try takeZigzag(from: &rest)
      // Beyond it there is no value in 63 bits.
      guard count > -(1 << 32), index < places.indexMax else { throw InputFault("it has counts beyond the last value") }
      if count < 0 {
        index += Int(-count)
      } else {
        if count > 0 { histogram.record(places.value(at: index), count: UInt64(count)) }
        index += 1
      }
    }
  }

  // MARK: Numbers

  private static func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  private static func read<Value: FixedWidthInteger & UnsignedInteger>(
    _: Value.Type, _ bytes: [UInt8], at place: Int
  ) -> Value {
    bytes[place..<place + Value.bitWidth / 8].reduce(0) { $0 << 8 | Value($1) }
  }

  private static func appendZigzag(_ value: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    for _ in 0..<8 {
      guard rest > 0x7f else { return bytes.append(UInt8(rest)) }
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    // The ninth byte has eight bits of the value.
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private static func takeZigzag(from bytes: inout ArraySlice<UInt8>) throws -> Int64 {
    var value: UInt64 = 0
    for place in 0..<9 {
      guard let byte = bytes.popFirst() else { throw InputFault("its counts are cut off") }
      value |= UInt64(place == 8 ? byte : byte & 0x7f) << (7 * place)
      if byte < 0x80 { break }
    }
    return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
  }

  // MARK: zlib

  private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(length))
    // Safe: both buffers have the lengths that are given.
    let code = unsafe compress(&result, &length, bytes, UInt(bytes.count))
    precondition(code == Z_OK, "zlib found less room than its own bound")
    return Array(result[..<Int(length)])
  }

  private static func inflate(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
    let stream = Array(bytes)
    var room = 64 << 10
    while room <= plainBytesMax {
      var length = UInt(room)
      var result = [UInt8](repeating: 0, count: room)
      // Safe: both buffers have the lengths that are given.
      let code = unsafe uncompress(&result, &length, stream, UInt(stream.count))
      if code == Z_OK { return Array(result[..<Int(length)]) }
      guard code == Z_BUF_ERROR else { throw InputFault("zlib cannot unpack it") }
      room *= 4
    }
    throw InputFault("zlib finds it cut off, or larger than any histogram")
  }
}

/// Where HdrHistogram counts a value: linear up to 2 × 10^digits units, then in buckets that each double the unit.
struct BucketPlaces {
  private let halfCountMagnitude: Int
  private let unitMagnitude: Int

  init(digits: Int, lowest: UInt64) {
    let linearMax = (0..<digits).reduce(2) { product, _ in product * 10 }
    halfCountMagnitude = max(1, Int.bitWidth - (linearMax - 1).leadingZeroBitCount) - 1
    unitMagnitude = 63 - lowest.leadingZeroBitCount
  }

  /// One behind the place of the greatest value in 63 bits.
  var indexMax: Int { index(of: .max >> 1) + 1 }

  func index(of value: UInt64) -> Int {
    let mask = UInt64(2 << halfCountMagnitude - 1) << unitMagnitude
    let bucket = 64 - unitMagnitude - halfCountMagnitude - 1 - (value | mask).leadingZeroBitCount
    let place = Int(value >> (bucket + unitMagnitude))
    return (bucket + 1) << halfCountMagnitude + place - 1 << halfCountMagnitude
  }

  /// The least value that is counted there.
  func value(at index: Int) -> UInt64 {
    let half = 1 << halfCountMagnitude
    let bucket = max(0, index >> halfCountMagnitude - 1)
    let place = index < 2 * half ? index : index & (half - 1) + half
    return UInt64(place) << (bucket + unitMagnitude)
  }
}
