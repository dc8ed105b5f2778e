internal import Domain
package import Engine
package import Records
package import Scalars
internal import Support

/// The county in which simulated people act: the same as ``World``'s, made by commands.
package enum County {
  /// What a new store needs before anybody can report a hazard.
  package static func founding(isTestStore: Bool = true) -> [PendingCommand] {
    let clock: [(command: Command, person: String?)] =
      isTestStore ? [(.adminStartTestClock(ClockReading(now: Life.clockStart)), nil)] : []
    return (clock + World.founding()).map { pending($0.command, by: $0.person, key: nil) }
  }

  /// - Parameters:
  ///   - person: "admin" is the gateway as itself; without a person the daemon acts.
  ///   - key: 16 bytes; none for what is not repeated.
  package static func pending(_ command: Command, by person: String?, key: [UInt8]?) -> PendingCommand {
    PendingCommand(
      command: command, principal: person == nil ? .system : World.gateway, actingFor: person == "admin" ? nil : person,
      requestKey: key, requestHash: [UInt8](repeating: 1, count: 16), deadline: .now + .seconds(3600), byteCount: 1,
      address: nil)
  }

  /// A request key (UUIDv7) of a moment, of which ``Life/clockStart`` is the test clock's first.
  package static func key(_ serial: UInt64, at time: Instant = Life.clockStart) -> [UInt8] {
    let milliseconds = time.millisecondsSince1970
    return (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) } + [0x70, 0]
      + (0..<8).map { UInt8(truncatingIfNeeded: (serial | 1 << 63) >> (56 - 8 * $0)) }
  }
}
