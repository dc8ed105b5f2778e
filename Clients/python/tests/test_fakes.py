"""Fakes of services, for tests of programs that call them."""

import asyncio
import unittest

from safegrid import (
    EncodingError,
    Hazard,
    HazardChange,
    HazardNumber,
    ImportedRow,
    ImportSummary,
    NotFound,
    RelayedHazard,
    RelayedReceipt,
    ShowHazard,
    WatchHazards,
)
from safegrid.fakes import AsyncFakeCalls, FakeCalls
from safegrid.generated.services import AsyncServices, Services

NUMBER = HazardNumber("4212221000010012026030200001")


class Fakes(unittest.TestCase):
    def test_it_remembers_requests_and_gives_planned_answers_before_the_lasting_one(self) -> None:
        calls = FakeCalls()
        grid = Services(calls)
        calls.answer("Hazard.show", lambda request: Hazard(id=1, number=request.number))
        calls.answer_once("Hazard.show", NotFound(what="hazard", id=str(NUMBER)))
        with self.assertRaises(NotFound):
            grid.hazard.show(ShowHazard(number=NUMBER))
        self.assertEqual(grid.hazard.show(ShowHazard(number=NUMBER), acting_for="wangmin").number, NUMBER)
        self.assertEqual(calls.requests("Hazard.show"), [ShowHazard(number=NUMBER)] * 2)
        self.assertEqual(calls.options("Hazard.show"), [{}, {"acting_for": "wangmin"}])

    def test_what_was_not_planned_and_what_cannot_be_sent_fails(self) -> None:
        calls = FakeCalls()
        grid = Services(calls)
        with self.assertRaisesRegex(LookupError, "Hazard.show has no answer"):
            grid.hazard.show(ShowHazard(number=NUMBER))
        with self.assertRaises(EncodingError):
            grid.hazard.show(ShowHazard(number=None))  # type: ignore[arg-type]

    def test_a_stream_ends_behind_its_messages(self) -> None:
        calls = FakeCalls()
        calls.answer("Hazard.watch", [HazardChange(sequence=1), HazardChange(sequence=2)])
        with Services(calls).hazard.watch(WatchHazards(number=NUMBER)) as changes:
            self.assertEqual([change.sequence for change in changes], [1, 2])
            self.assertIsNone(changes.next())

    def test_requests_that_stream(self) -> None:
        calls = FakeCalls()
        grid = Services(calls)
        calls.answer("Hazard.relay", lambda request: RelayedReceipt(request_key=request.request_key))
        with grid.hazard.relay() as exchange:
            sent = [RelayedHazard(request_key=bytes([key] * 16)) for key in range(3)]
            self.assertEqual([one.request_key[0] for one in exchange.answers(sent)], [0, 1, 2])
        calls.answer("Enterprise.import_rows", ImportSummary())
        with grid.enterprise.import_rows() as upload:
            upload.send(ImportedRow(request_key=bytes(16)))
            self.assertEqual(upload.finish(), ImportSummary())
        self.assertEqual(calls.requests("Enterprise.import_rows"), [[ImportedRow(request_key=bytes(16))]])

    def test_asyncio(self) -> None:
        async def run() -> None:
            calls = AsyncFakeCalls()
            grid = AsyncServices(calls)
            calls.answer("Hazard.show", Hazard(id=1))
            calls.answer("Hazard.watch", [HazardChange(sequence=1)])
            self.assertEqual((await grid.hazard.show(ShowHazard(number=NUMBER))).id, 1)
            async with grid.hazard.watch(WatchHazards(number=NUMBER)) as changes:
                self.assertEqual([change.sequence async for change in changes], [1])
            self.assertEqual(len(calls.requests("Hazard.watch")), 1)

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
