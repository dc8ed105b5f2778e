import Records
import Scalars

func startTestClock(
  _ request: ClockReading, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Empty {
  state.put(TestClockTable.self, TestClock(id: 1, now: request.now))
  return Empty()
}

/// Only a store that was created for tests has the clock.
func advanceClock(
  _ request: AdvanceClock, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ClockReading {
  guard var clock = try state.record(TestClockTable.self, .init(id: 1)) else {
    throw .notFound(NotFound("test clock", "in a store that was not created for tests"))
  }
  clock.now = clock.now.adding(milliseconds: Int64(request.milliseconds))
  state.put(TestClockTable.self, clock)
  return ClockReading(now: clock.now)
}
