internal import Bytes

/// A token 令牌: the secret with which a person calls where the transport does not say who calls.
///
/// Its text is `sgt_`, 64 hexadecimal digits of 256 random bits, and 8 of their CRC-32C, so that one that was copied
/// wrongly is known without a server. It has no `description`: it shall not get into logs by itself.
public struct AccessToken: Sendable, Hashable {
  public let text: String

  /// `nil` for what is no token, or one with a slip in it. White space around it does not count.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(whereSeparator: \.isWhitespace)
    guard parts.count == 1, parts[0].hasPrefix(Self.prefix) else { return nil }
    let digits = parts[0].dropFirst(Self.prefix.count)
    guard let bytes = [UInt8](hexadecimal: digits), bytes.count == Self.secretBytes + 4,
      Self(secret: Array(bytes.prefix(Self.secretBytes))).text == parts[0]
    else { return nil }
    self.text = String(parts[0])
  }

  /// Makes one, from the system's source of randomness.
  public static func make() -> AccessToken {
    var source = SystemRandomNumberGenerator()
    return AccessToken(secret: (0..<secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &source) })
  }

  private init(secret: [UInt8]) {
    var bytes = ByteWriter()
    bytes.append(secret)
    bytes.appendLittleEndian(secret.withRawSpan(Checksum.of))
    text = Self.prefix + bytes.bytes().hexadecimal
  }

  private static var prefix: String { "sgt_" }
  private static var secretBytes: Int { 32 }
}
