import Bytes
import Scalars
import Testing

@Suite struct DateTests {
  @Test func `every day of 400 years goes to its text and back, in order`() throws {
    var date = try #require(Date("1900-01-01"))
    var weekday = 1  // It was a Monday.
    while date < Date("2300-01-01")! {
      #expect(Date("\(date)") == date && date.weekday == weekday)
      weekday = weekday % 7 + 1
      date = date.adding(days: 1)
    }
  }

  @Test(arguments: [
    "", "2026-3-02", "2026-03-2", "2026-13-01", "2026-00-10", "2026-02-29", "2025-02-29", "1900-02-29", "2026-04-31",
    "2026/03/02", "20260302", "0000-01-01", "2026-03-02 ", "２０２６-03-02",
  ])
  func `what is no date is refused`(text: String) { #expect(Date(text) == nil) }

  @Test func `months end on the same day or on the month's last (Civil Code 202)`() {
    #expect(Date("2024-02-29")!.adding(months: 12) == Date("2025-02-28"))
    #expect(Date("2024-02-29")!.adding(months: 36) == Date("2027-02-28"))
    #expect(Date("2025-10-31")!.adding(months: 4) == Date("2026-02-28"))
    #expect(Date("2025-12-15")!.adding(months: 1) == Date("2026-01-15"))
  }
}

@Suite struct InstantTests {
  @Test(arguments: [
    ("2026-03-02T00:30:00Z", "2026-03-02T00:30:00Z"), ("2026-03-02T08:30:00+08:00", "2026-03-02T00:30:00Z"),
    ("2026-03-02T00:30:00.5Z", "2026-03-02T00:30:00.500Z"), ("2026-03-02T00:30:00.123Z", "2026-03-02T00:30:00.123Z"),
    ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"), ("2026-03-01T20:30:00-04:00", "2026-03-02T00:30:00Z"),
  ])
  func `RFC 3339 is read with any offset and written in UTC`(text: String, canonical: String) throws {
    #expect("\(try #require(Instant(text)))" == canonical)
  }

  @Test(arguments: [
    "", "2026-03-02", "2026-03-02T08:30:00", "2026-03-02 08:30:00Z", "2026-03-02T24:00:00Z", "2026-03-02T08:60:00Z",
    "2026-03-02T08:30:00.1234Z", "2026-03-02T08:30:00+8:00", "2026-03-02T08:30:00.Z", "2026-02-30T08:30:00Z",
  ])
  func `what is no time is refused`(text: String) { #expect(Instant(text) == nil) }

  @Test func `the date in China changes at 16 o'clock UTC`() {
    #expect(Instant("2026-03-02T15:59:59.999Z")!.localDate == Date("2026-03-02"))
    #expect(Instant("2026-03-02T16:00:00Z")!.localDate == Date("2026-03-03"))
    #expect(Instant("1969-12-31T15:59:59Z")!.localDate == Date("1969-12-31"))
    #expect("\(Instant(endOf: Date("2026-03-02")!))" == "2026-03-02T15:59:59.999Z")
  }

  @Test func `on the wire it is protobuf's Timestamp`() throws {
    var writer = ByteWriter()
    Instant("2026-03-02T00:30:00.5Z")!.encode(into: &writer)
    // seconds = 1772411400, nanos = 500000000
    #expect(writer.bytes() == [0x0c, 0x08, 0x88, 0xb4, 0x93, 0xcd, 0x06, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01])
  }

  @Test func `times finer than a millisecond or outside the years are refused on the wire`() {
    for (seconds, nanoseconds) in [(UInt64(1), UInt64(1)), (253_402_300_800, 0), (0, 1_000_000_000)] {
      var writer = ByteWriter()
      writer.delimited { nested in
        nested.field(1, seconds)
        nested.field(2, nanoseconds)
      }
      #expect(throws: RecordFault.self) {
        try writer.bytes().withRawSpan { span in
          var reader = WireReader(span)
          _ = try Instant(decoding: &reader)
        }
      }
    }
  }
}

@Suite struct TermTests {
  @Test(arguments: ["2h", "15d", "5wd", "12m", "3y", "0d", "10000d"])
  func `terms are read and written alike`(text: String) throws { #expect("\(try #require(Term(text)))" == text) }

  @Test(arguments: ["", "5", "wd", "5 wd", "-1d", "10001d", "5x", "5dd", "１d"])
  func `what is no term is refused`(text: String) { #expect(Term(text) == nil) }
}
