internal import Bytes
internal import Crypto

/// A signed statement about entries that are no longer kept: where the journal begins now, and the chain's link before
/// it. With it a journal that was trimmed can be verified as well as a whole one, by everybody who trusts the key.
///
/// The key (Ed25519, RFC 8032) lies outside of the data folder: who can only change the data cannot make the journal
/// begin elsewhere.
package struct Checkpoint: Sendable, Equatable {
  package let history: HistoryIdentifier
  /// The first entry that was kept.
  package let firstSequence: UInt64
  /// The chain's link before it.
  package let link: ChainLink
  /// When it was signed, in milliseconds since 1970.
  package let createdMilliseconds: Int64
  /// 32 bytes.
  package let publicKey: [UInt8]
  private let signature: [UInt8]

  static let fileName = "checkpoint"
  private static let magic: [UInt8] = [0x53, 0x47, 0x43, 0x50, 0x0d, 0x0a, 0x1a, 0x0a]
  private static let bytes = 168
  private static let signedBytes = 104

  init(
    history: HistoryIdentifier, firstSequence: UInt64, link: ChainLink, createdMilliseconds: Int64,
    signedWith key: Curve25519.Signing.PrivateKey
  ) throws(JournalError) {
    self.history = history
    self.firstSequence = firstSequence
    self.link = link
    self.createdMilliseconds = createdMilliseconds
    publicKey = [UInt8](key.publicKey.rawRepresentation)
    let signed = Self.signedPart(history, firstSequence, link, createdMilliseconds, publicKey)
    do { signature = try [UInt8](key.signature(for: signed)) } catch {
      throw .damaged(file: Self.fileName, offset: 0, "it could not be signed: \(error)")
    }
  }

  private static func signedPart(
    _ history: HistoryIdentifier, _ firstSequence: UInt64, _ link: ChainLink, _ milliseconds: Int64, _ key: [UInt8]
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: bytes)
    writer.append(magic)
    writer.append(history)
    writer.appendLittleEndian(firstSequence)
    writer.append(link)
    writer.appendLittleEndian(milliseconds)
    writer.append(key)
    return writer.bytes()
  }

  func encoded() -> [UInt8] {
    Self.signedPart(history, firstSequence, link, createdMilliseconds, publicKey) + signature
  }

  /// - Throws: `damaged` when the bytes are no checkpoint, or are not signed by the key that they name.
  init(decoding bytes: [UInt8]) throws(JournalError) {
    guard bytes.count == Self.bytes, Array(bytes[..<8]) == Self.magic else {
      throw .damaged(file: Self.fileName, offset: 0, "it is no checkpoint of a journal")
    }
    history = Array(bytes[8..<24])
    (firstSequence, createdMilliseconds) = bytes.withRawSpan { span in
      (span.littleEndian(at: 24, as: UInt64.self), span.littleEndian(at: 64, as: Int64.self))
    }
    link = Array(bytes[32..<64])
    publicKey = Array(bytes[72..<Self.signedBytes])
    signature = Array(bytes[Self.signedBytes...])
    let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
    guard key?.isValidSignature(signature, for: Array(bytes[..<Self.signedBytes])) == true else {
      throw .damaged(file: Self.fileName, offset: Self.signedBytes, "its signature is wrong")
    }
  }
}
