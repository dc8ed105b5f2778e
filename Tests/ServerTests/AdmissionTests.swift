import Domain
import Records
import Scalars
import Synchronization
import Testing

@testable import Server

/// Who gets in when places are few: 24, of which 8 are for administrators.
@Suite struct AdmissionTests {
  private let admission = Admission(connectionsMax: 24)
  private let administrator = Principal(name: "admin", grants: [Grant(role: .administrator)])
  private let gateway = Principal(name: "gateway", grants: [Grant(role: .delegate)])
  private let other = Principal(name: "other", grants: [Grant(role: .auditor)])

  /// Numbers of the connections that had to give up their places.
  private final class Losers: Sendable {
    let numbers = Mutex<[UInt64]>([])
  }
  private let losers = Losers()

  private func enter(_ number: UInt64, _ principal: Principal) -> Admission.Place? {
    admission.enter(number, principal) { [losers] in losers.numbers.withLock { $0.append(number) } }
  }

  @Test func `one account takes half, all take what is not reserved, and an administrator still gets in`() {
    for number in 0..<12 as Range<UInt64> { #expect(enter(number, gateway) == .open) }
    #expect(enter(12, gateway) == nil, "half of all places")
    for number in 12..<16 as Range<UInt64> { #expect(enter(number, other) == .open) }
    #expect(enter(16, other) == nil, "what is left is reserved")
    #expect(enter(16, administrator) == .reserved)
    #expect(admission.connections == 17)
    admission.leave(3, gateway, from: .open)
    #expect(enter(17, other) == .open)
    admission.leave(16, administrator, from: .reserved)
    #expect(admission.connections == 16 && losers.numbers.withLock { $0 } == [])
  }

  @Test func `an administrator who holds half of all places, or all that are reserved, still gets in`() {
    for number in 0..<12 as Range<UInt64> { #expect(enter(number, administrator) == .open) }
    for number in 12..<20 as Range<UInt64> { #expect(enter(number, administrator) == .reserved) }
    // A runaway of the same account has them all: whoever comes now gets the place of the first.
    #expect(enter(20, administrator) == .reserved && enter(21, administrator) == .reserved)
    #expect(losers.numbers.withLock { $0 } == [12, 13])
    // They are gone when they hear of it, and are not counted twice.
    admission.leave(12, administrator, from: .reserved)
    #expect(admission.connections == 20)
    admission.leave(20, administrator, from: .reserved)
    #expect(enter(22, administrator) == .reserved)
    #expect(losers.numbers.withLock { $0 } == [12, 13] && admission.connections == 20)
    // The others have what is left of theirs.
    for number in 30..<34 as Range<UInt64> { #expect(enter(number, other) == .open) }
    #expect(enter(34, other) == nil)
  }

  @Test func `an administrator of one grid has no reserved place`() {
    let local = Principal(
      name: "local", grants: [Grant(role: .administrator, grid: GridCode("421222100000000"))])
    for number in 0..<12 as Range<UInt64> { #expect(enter(number, local) == .open) }
    #expect(enter(12, local) == nil)
  }
}
