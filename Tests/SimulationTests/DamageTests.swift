import Engine
import Example
import Foundation
import Glibc
import Journal
import Records
import Simulation
import Store
import Support
import Testing

/// Files that were cut off or changed behind the daemon's back. What follows from the journal is made again without a
/// word; what is wrong in the journal is named, and nothing acknowledged is passed over in silence.
@Suite(.enabled(if: FileLog.isPresent, "the shim stands where a sanitizer must"))
struct DamageTests {
  private enum Harm: CaseIterable { case cut, flip, empty }

  private let image: DiskImage
  private let ledger: Ledger
  private let options: Life.Options

  /// A folder with three segments, two copies and an orderly end.
  init() throws {
    var options = Life.Options(history: [UInt8](repeating: 1, count: 16))
    options.segmentBytes = 10 << 10
    self.options = options
    let folder = TemporaryFolder(isInMemory: true)
    let log = FileLog(of: folder.path)
    var ledger = Ledger()
    var life = try Life("\(folder.path)/data", options)
    _ = life.step(County.founding())
    for serial in 0..<24 as Range<UInt64> {
      let command = County.pending(.hazardSubmit(World.report()), by: "gm", key: County.key(serial))
      ledger.ask(command)
      try ledger.answer(County.key(serial), life.step([command])[0], at: 0)
      if serial == 8 || serial == 16 { try life.copy() }
    }
    try life.end()
    var model = DiskModel()
    for operation in log.take() { model.apply(operation) }
    var random = SplitMix64(seed: 0)
    (image, self.ledger) = (model.afterPowerCut(Luck(survival: 1, rubbish: 0), &random), ledger)
  }

  /// Opens the image with one file harmed; answers what the daemon found wrong, `nil` when it found all in order.
  private func fault(_ image: DiskImage) throws -> String? {
    let folder = TemporaryFolder(isInMemory: true)
    try image.write(to: folder.path)
    let life: Life
    do { life = try Life("\(folder.path)/data", options) } catch { return "\(error)" }
    if let fault = life.journal.verify().fault { return "\(fault)" }
    if let fault = try Snapshot(life.store).verify().faults.first { return fault }
    try ledger.audit(life.journal)
    return nil
  }

  private func harmed(_ name: String, _ harm: Harm, _ random: inout SplitMix64) -> DiskImage {
    var image = image
    guard let content = image.files[name] else { preconditionFailure("there is no \(name)") }
    // Where something stands: files have their full size from the beginning.
    let end = content.runs.reduce(0) { end, run in
      run.bytes.lastIndex { $0 != 0 }.map { run.offset + $0 } ?? end
    }
    switch harm {
    case .empty: image.files[name]?.resize(to: 0)
    case .cut: image.files[name]?.resize(to: Int(random.next() % UInt64(max(1, end))))
    case .flip:
      guard let run = content.runs.filter({ !$0.bytes.isEmpty }).randomElement(using: &random) else { return image }
      let place = Int(random.next() % UInt64(run.bytes.count))
      image.files[name]?.write([run.bytes[place] ^ 1 << UInt8(random.next() % 8)], at: run.offset + place)
    }
    return image
  }

  @Test func `what follows from the journal is made again, whatever has become of it`() throws {
    var random = SplitMix64(seed: testSeed(1))
    for name in image.files.keys.sorted() where !name.hasPrefix("data/journal/") {
      for harm in Harm.allCases {
        // A changed bit in the state itself is found when it is read; see below.
        if name.hasSuffix("data.mdb"), harm == .flip { continue }
        for _ in 0..<4 { #expect(try fault(harmed(name, harm, &random)) == nil, "\(harm) \(name)") }
      }
      var without = image
      without.files[name] = nil
      #expect(try fault(without) == nil, "without \(name)")
    }
  }

  @Test func `a journal that was cut off or changed is named, and never taken for a shorter one`() throws {
    var random = SplitMix64(seed: testSeed(2))
    let names = image.files.keys.filter { $0.hasPrefix("data/journal/") }.sorted()
    #expect(names.count >= 3)
    var found = 0
    for name in names {
      for harm in Harm.allCases {
        for _ in 0..<12 {
          // The audit throws if something acknowledged is missing and nobody said so.
          guard let text = try fault(harmed(name, harm, &random)) else { continue }
          found += 1
          #expect(text.contains(".journal") || text.contains("journal ends at"), "\(harm) \(name): \(text)")
        }
      }
      // The oldest may have been trimmed.
      if name == names[0] { continue }
      var without = image
      without.files[name] = nil
      #expect(try fault(without) != nil, "without \(name)")
    }
    // What does not count: zeros behind the last batch, and the padding of others.
    #expect(found > 24 * names.count)
  }

  /// Even when the state cannot tell where the journal ended.
  @Test func `a last segment that was cut off is refused after a power cut, too`() throws {
    var random = SplitMix64(seed: testSeed(3))
    let name = try #require(image.files.keys.filter { $0.hasPrefix("data/journal/") }.max())
    for _ in 0..<40 {
      var cut = harmed(name, .cut, &random)
      cut.files["data/mark"] = nil
      #expect(try fault(cut)?.contains("is damaged at byte") == true)
    }
  }

  @Test func `a changed bit in a stored record is found, and gone once the state is made again`() throws {
    var random = SplitMix64(seed: testSeed(4))
    let name = "data/state/data.mdb"
    let words = Array("消防通道堵塞".utf8)
    let content = try #require(image.files[name])
    let places = content.runs.flatMap { run in
      run.bytes.indices.dropLast(words.count).filter { run.bytes[$0...].starts(with: words) }.map { run.offset + $0 }
    }
    #expect(places.count >= 24)
    var found = 0
    for _ in 0..<8 {
      var changed = image
      changed.files[name]?.write([words[0] ^ 4], at: random.pick(places))
      // Pages that are no longer in use hold such words as well.
      guard let text = try fault(changed) else { continue }
      found += 1
      #expect(text.contains("is damaged") && text.contains("hazards"), "\(text)")
      changed.files["data/mark"] = nil
      #expect(try fault(changed) == nil)
    }
    #expect(found > 0)
  }
}
