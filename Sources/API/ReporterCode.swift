internal import Crypto

/// The code with which somebody who made a report of the public is known again, without saying who they are. Made by
/// whoever takes the report; the daemon only ever gets its hash.
package struct ReporterCode: Sendable {
  /// Capitals and digits, without those that are easily taken for another (as Crockford's base 32).
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
  /// 60 random bits: enough that nobody finds a code by trying, and short enough to be told over the phone.
  private static let length = 12

  /// Three groups of four.
  package let text: String

  /// Makes one, from the system's source of randomness.
  package static func make() -> ReporterCode {
    var source = SystemRandomNumberGenerator()
    let letters = (0..<length).map { _ in alphabet.randomElement(using: &source)! }
    return ReporterCode(
      text: stride(from: 0, to: length, by: 4).map { String(letters[$0..<($0 + 4)]) }.joined(separator: "-"))
  }

  /// SHA-256 of a code's letters and digits, however they are written.
  package static func hash(of text: String) -> [UInt8] {
    Array(SHA256.hash(data: text.uppercased().utf8.filter { (48...57).contains($0) || (65...90).contains($0) }))
  }

  package var hash: [UInt8] { Self.hash(of: text) }
}
