import Bytes
import Records
import Service
import Testing

/// Who made a report, sealed and opened.
@Suite struct ReporterSealTests {
  private static let hash = [UInt8](repeating: 9, count: 32)
  private static let key = [UInt8](repeating: 1, count: 16)
  private let seal = ReporterSeal(secret: [UInt8](repeating: 5, count: 32))

  private func sealed(
    _ reporter: Reporter? = Reporter(name: "钱七", phone: "13800138000", address: "雁塔路1号"), hash: [UInt8] = hash,
    key: [UInt8] = key
  ) throws -> [UInt8] {
    let request = ReceiveReport(kind: .hazard, channel: .phone, description: "x", reporter: reporter, codeHash: hash)
    let sealed = try seal.sealing(request, requestKey: key)
    #expect(sealed.reporter == nil)
    return sealed.sealedReporter
  }

  private func kept(_ sealed: [UInt8], hash: [UInt8] = hash) -> [UInt8] {
    RevealedReporter(id: 7, sealed: sealed, codeHash: hash).encoded()
  }

  @Test func `what is sealed is opened as it was, and nothing else is sent`() throws {
    let sent = try RevealedReporter(encoded: seal.opening(kept(sealed())))
    #expect(sent == RevealedReporter(id: 7, name: "钱七", phone: "13800138000", address: "雁塔路1号"))
    #expect(try sealed(nil).isEmpty)
  }

  @Test func `the same command is sealed the same way, and another one otherwise`() throws {
    let first = try sealed()
    #expect(try sealed() == first)
    #expect(try sealed(key: [UInt8](repeating: 2, count: 16)) != first)
    #expect(try sealed(hash: [UInt8](repeating: 8, count: 32)) != first)
    // Not even the nonce is shared by two texts.
    #expect(try sealed(Reporter(name: "赵八")).dropFirst(8).prefix(12) != first.dropFirst(8).prefix(12))
  }

  @Test func `no bit can be changed, and no identity laid under another report`() throws {
    let whole = try sealed()
    #expect(throws: Refusal.self) { try seal.opening(kept(whole, hash: [UInt8](repeating: 8, count: 32))) }
    for index in whole.indices {
      var changed = whole
      changed[index] ^= 1
      #expect(throws: Refusal.self) { try seal.opening(kept(changed)) }
    }
    for length in whole.indices {
      #expect(throws: Refusal.self) { try seal.opening(kept(Array(whole.prefix(length)))) }
    }
  }

  @Test func `another key says that it is another key`() throws {
    let other = ReporterSeal(secret: [UInt8](repeating: 6, count: 32))
    let sealed = try sealed()
    do {
      _ = try other.opening(kept(sealed))
      Issue.record("it was opened")
    } catch {
      #expect(error.message.english.contains("add the other key to the key file"), "\(error)")
    }
  }

  @Test func `after a new key what was sealed before is opened, and what comes is sealed with the new one`() throws {
    let secrets = [[UInt8](repeating: 6, count: 32), [UInt8](repeating: 5, count: 32)]
    let both = ReporterSeal(secret: secrets[0], older: [secrets[1]])
    #expect(try RevealedReporter(encoded: both.opening(kept(sealed()))).name == "钱七")
    let request = ReceiveReport(
      kind: .hazard, channel: .phone, description: "x", reporter: Reporter(name: "赵八"), codeHash: Self.hash)
    let fresh = try both.sealing(request, requestKey: Self.key).sealedReporter
    let (new, plain) = (ReporterSeal(secret: secrets[0]), [UInt8](repeating: 3, count: 16))
    #expect(try RevealedReporter(encoded: new.opening(kept(fresh))).name == "赵八")
    #expect(try RevealedReporter(encoded: both.opening(kept(fresh))).name == "赵八")
    #expect(throws: Refusal.self) { try seal.opening(kept(fresh)) }
    #expect(both.keyed(plain) == new.keyed(plain))
  }

  @Test func `what a request key stands for cannot be guessed without the key`() {
    let (plain, other) = ([UInt8](repeating: 3, count: 16), ReporterSeal(secret: [UInt8](repeating: 6, count: 32)))
    #expect(seal.keyed(plain) == seal.keyed(plain) && seal.keyed(plain).count == 16)
    #expect(seal.keyed(plain) != plain && seal.keyed(plain) != other.keyed(plain))
  }

  @Test func `nobody else fills in what the daemon seals`() {
    let request = ReceiveReport(
      kind: .hazard, channel: .phone, description: "x", codeHash: Self.hash, sealedReporter: [1])
    #expect(throws: Refusal.self) { try seal.sealing(request, requestKey: Self.key) }
  }
}
