package import Records
package import Scalars

/// What a request key says about its own age (UUIDv7, RFC 9562: milliseconds in the first 48 bits).
package enum RequestKeyTime {
  /// How long a key is remembered; a repetition after that could not be told from a new request.
  package static let rememberedDays: Int64 = 35
  /// How far ahead of the daemon a key may lie. The client library follows the daemon's clock; the rest is for tests
  /// that move it.
  package static let aheadMilliseconds: Int64 = Instant.millisecondsPerDay

  /// At most the last moment that can be written: 48 bits reach into the year 10889.
  package static func of(_ key: [UInt8]) -> Instant {
    min(Instant(millisecondsSince1970: key.prefix(6).reduce(0) { $0 << 8 | Int64($1) }), .last)
  }

  /// Keys from before this moment are forgotten.
  package static func horizon(at now: Instant) -> Instant {
    now.adding(milliseconds: -rememberedDays * Instant.millisecondsPerDay)
  }

  /// Refuses a key that may have been forgotten, or that lies in the future.
  package static func check(_ key: [UInt8], at now: Instant) throws(Refusal) {
    guard key[6] >> 4 == 7, key[8] >> 6 == 2 else {
      throw .invalid("request_key", "is no UUIDv7 (RFC 9562)", "不是UUIDv7（RFC 9562）")
    }
    let time = of(key)
    guard time >= horizon(at: now), time <= now.adding(milliseconds: aheadMilliseconds) else {
      throw .keyExpired(KeyExpired(keyTime: time, window: Label("\(rememberedDays) days", "\(rememberedDays)日")))
    }
  }
}
