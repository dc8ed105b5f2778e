import Bytes
import Crypto
package import Records

/// Seals who made a report of the public, on the way in, and opens it for whoever reveals it, on the way out. What lies
/// between, queue, journal, state, copies and logs, holds only what is sealed.
///
/// ```
/// 8 mark of the key │ 12 nonce │ AES-256-GCM of the `Reporter` │ 16 tag
/// ```
///
/// The hash of the reporter's code is authenticated with it, so that no identity can be laid under another report. The
/// nonce follows from everything that is sealed and from the request key (HMAC-SHA-256): the same command is sealed the
/// same way each time it comes, and nothing here is random.
///
/// Keys change by a new one in front of the old: the first seals, all open. A request of before that is sent again after it is
/// refused as another one under its request key.
package struct ReporterSeal: Sendable {
  private static let markBytes = 8
  private static let nonceBytes = 12
  private static let tagBytes = 16

  /// What is derived from one secret, for each purpose a key of its own (HKDF-SHA-256).
  private struct Keys {
    let cipher: SymmetricKey
    let nonce: SymmetricKey
    let hash: SymmetricKey
    let mark: [UInt8]

    init(_ secret: [UInt8]) {
      let secret = SymmetricKey(data: secret)
      func derived(_ purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
          inputKeyMaterial: secret, info: Array("safegrid reporter \(purpose)".utf8), outputByteCount: 32)
      }
      cipher = derived("sealing")
      nonce = derived("nonce")
      hash = derived("request hash")
      mark = Array(
        HMAC<SHA256>.authenticationCode(for: Array("mark".utf8), using: derived("mark"))
          .prefix(ReporterSeal.markBytes))
    }
  }

  private let newest: Keys
  private let older: [Keys]

  /// - Parameters:
  ///   - secret: 32 random bytes, with which everything is sealed from now on.
  ///   - older: those of before, which open what was sealed with them.
  package init(secret: [UInt8], older: [[UInt8]] = []) {
    newest = Keys(secret)
    self.older = older.map(Keys.init)
  }

  /// The report with who made it sealed.
  /// - Throws: `invalidArgument` when the caller has filled in what only the daemon does.
  package func sealing(_ request: ReceiveReport, requestKey: [UInt8]) throws(Refusal) -> ReceiveReport {
    guard request.sealedReporter.isEmpty else {
      throw .invalid("sealed_reporter", "is the daemon's own: leave it empty", "由系统填写，请留空")
    }
    guard let reporter = request.reporter else { return request }
    var sealed = request
    sealed.sealedReporter = seal(reporter.encoded(), beside: request.codeHash, requestKey)
    sealed.reporter = nil
    return sealed
  }

  /// What a request key stands for, of a request that names a reporter. The journal keeps it, and everything else of the
  /// request stands beside it: without a key, whoever has a list of suspects could try each of them.
  package func keyed(_ hash: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: hash, using: newest.hash).prefix(hash.count))
  }

  private func seal(_ plain: [UInt8], beside hash: [UInt8], _ requestKey: [UInt8]) -> [UInt8] {
    let number = HMAC<SHA256>.authenticationCode(for: requestKey + hash + plain, using: newest.nonce)
    // The nonce has the length that it must have, and memory is enough: nothing else can fail.
    guard let nonce = try? AES.GCM.Nonce(data: Array(number.prefix(Self.nonceBytes))),
      let box = try? AES.GCM.seal(plain, using: newest.cipher, nonce: nonce, authenticating: hash)
    else { preconditionFailure("a reporter could not be sealed") }
    return newest.mark + Array(nonce) + Array(box.ciphertext) + Array(box.tag)
  }

  /// The reply of `Report.reveal` as it is sent, from that which the journal keeps.
  /// - Throws: `identityUnreadable`
  package func opening(_ reply: [UInt8]) throws(Refusal) -> [UInt8] {
    let kept: RevealedReporter
    do throws(RecordFault) { kept = try RevealedReporter(encoded: reply) } catch {
      throw .storageFault(StorageFault(detail: "a reply in the journal does not parse: \(error)"))
    }
    func unreadable(_ english: String, _ chinese: String) -> Refusal {
      .identityUnreadable(IdentityUnreadable(id: kept.id, reason: Label(english, chinese)))
    }
    guard let keys = ([newest] + older).first(where: { kept.sealed.starts(with: $0.mark) }) else {
      let other = Array(kept.sealed.prefix(Self.markBytes)).hexadecimal
      throw unreadable(
        """
        it was sealed with key \(other), and the daemon has \(newest.mark.hexadecimal): add the other key to the key file as \
        a line of its own (--identity-key), restart, and reveal again
        """,
        "封存所用密钥为\(other)，本机密钥为\(newest.mark.hexadecimal)，请将原密钥另起一行加入密钥文件（--identity-key），重启后再查阅")
    }
    guard let plain = open(kept.sealed.dropFirst(Self.markBytes), beside: kept.codeHash, keys),
      let reporter = try? Reporter(encoded: plain)
    else {
      throw unreadable(
        "what is sealed was changed, or belongs to another report; run safegrid verify",
        "封存内容被改动，或属于其他举报，请运行safegrid verify核对")
    }
    return RevealedReporter(id: kept.id, name: reporter.name, phone: reporter.phone, address: reporter.address)
      .encoded()
  }

  private func open(_ sealed: ArraySlice<UInt8>, beside hash: [UInt8], _ keys: Keys) -> [UInt8]? {
    guard sealed.count >= Self.nonceBytes + Self.tagBytes else { return nil }
    let body = sealed.dropFirst(Self.nonceBytes)
    guard let nonce = try? AES.GCM.Nonce(data: Array(sealed.prefix(Self.nonceBytes))),
      let box = try? AES.GCM.SealedBox(
        nonce: nonce, ciphertext: Array(body.dropLast(Self.tagBytes)), tag: Array(body.suffix(Self.tagBytes)))
    else { return nil }
    return (try? AES.GCM.open(box, using: keys.cipher, authenticating: hash)).map { Array($0) }
  }
}
