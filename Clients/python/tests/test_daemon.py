"""Both clients against a real daemon: the whole loop, watches, refusals, kills."""

import asyncio
import base64
import concurrent.futures
import contextlib
import gc
import io
import json
import signal
import socket
import threading
import time
import unittest
import uuid
from pathlib import Path
from unittest import mock

from running import Daemon, basic, needs_daemon, started

from safegrid import (
    AsyncClient,
    CallError,
    Client,
    ConnectError,
    DispatchHazard,
    Empty,
    EnterpriseRow,
    EnterpriseType,
    FileHazard,
    GridCode,
    Hazard,
    HazardFeedback,
    HazardNote,
    HazardNumber,
    HazardSeverity,
    HazardSource,
    HazardState,
    HazardUrgency,
    ImportedRow,
    InvalidArgument,
    InvalidTransition,
    KeyReused,
    ListHazards,
    NotFound,
    Outcome,
    PermissionDenied,
    RelayedHazard,
    RiskLevel,
    SafetyDomain,
    ShowHazard,
    StatusCode,
    SubmitHazard,
    UnknownField,
    VersionConflict,
    WatchHazards,
    blocking,
)
from safegrid.frames import MAGIC, Frame, FrameReader, FrameType, encode_frame
from safegrid.generated.gridwire import HelloOk


def report(description: str) -> SubmitHazard:
    return SubmitHazard(
        source=HazardSource.MEMBER_PATROL,
        grid=basic.CELL,
        class_="消防",
        domain=SafetyDomain.FIRE,
        severity=HazardSeverity.GENERAL,
        urgency=HazardUrgency.NORMAL,
        description=description,
        photos=[basic.PHOTO],
    )


def hazards(grid: Client) -> list[Hazard]:
    """Every open hazard of the cell."""
    found: list[Hazard] = []
    request = ListHazards(grid=basic.CELL)
    while True:
        page = grid.hazard.list(request)
        found += page.hazards
        if page.next is None:
            return found
        request.after = page.next


@needs_daemon
class Blocking(unittest.TestCase):
    def setUp(self) -> None:
        self.daemon = started(self)
        self.grid = Client.connect(self.daemon.unix)
        self.addCleanup(self.grid.close)

    def test_who_is_who(self) -> None:
        for endpoint in [self.daemon.unix, self.daemon.tcp]:
            with Client.connect(endpoint) as grid:
                self.assertTrue(grid.greeting.server.startswith("safegridd/"))
                self.assertEqual(grid.greeting.roles, ["administrator@*", "auditor@*", "delegate@*"])
                # Checksums are waived where no wire can flip a bit.
                self.assertEqual(grid.greeting.waive_checksum, endpoint == self.daemon.unix)
                status = grid.admin.status(Empty())
                self.assertTrue(status.test_store)
                self.assertEqual(grid.sequence, status.sequence)

    def test_the_sample_of_the_readme(self) -> None:
        daemon = Daemon()
        self.addCleanup(daemon.close)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            basic.main(daemon.unix)
        lines = output.getvalue().splitlines()
        self.assertEqual(lines[0], "submitted 4212221000010012026030200001")
        states = [line.split()[-1] for line in lines[1:]]
        self.assertEqual(states, ["待受理", "已立案", "已派遣", "整改中", "待核查", "结案销号"])

    def test_the_log_names_the_span_that_calls(self) -> None:
        daemon = Daemon("--slow-call", "0")
        self.addCleanup(daemon.close)
        traces = [f"{number:032x}" for number in (1, 2)]
        blocking, asynchronous = (f"00-{trace}-00f067aa0ba902b7-01" for trace in traces)
        with Client.connect(daemon.unix) as grid:
            grid.admin.status(Empty(), trace_parent=blocking)
            # What is none is passed over.
            grid.admin.status(Empty(), trace_parent="nonsense")

        async def call() -> None:
            async with await AsyncClient.connect(daemon.unix) as grid:
                await grid.admin.status(Empty(), trace_parent=asynchronous)

        asyncio.run(call())
        log = Path(f"{daemon.folder.name}/log").read_text()
        for trace in traces:
            self.assertEqual(log.count(f"trace=00-{trace}-"), 1, log)

    def test_the_whole_loop_as_the_command_line_sees_it(self) -> None:
        for endpoint in [self.daemon.unix, self.daemon.tcp]:
            with Client.connect(endpoint) as grid:
                number = basic.submit(grid)
                basic.work_off(grid, number)
                hazard = grid.hazard.show(ShowHazard(number=number))
                self.assertEqual(hazard.state, HazardState.CLOSED)
                shown = json.loads(self.daemon.tool("hazard", "show", str(number), "--json"))
                self.assertEqual((shown["state"], shown["description"]), ("CLOSED", hazard.description))
                self.assertEqual(shown["photos"], [{"sha256": base64.b64encode(basic.PHOTO.sha256).decode()}])
                self.assertEqual(Hazard.decode(hazard.encode()), hazard)

    def test_refusals(self) -> None:
        number = basic.submit(self.grid)
        with self.assertRaises(NotFound) as not_found:
            self.grid.hazard.show(ShowHazard(number=HazardNumber("4212221000010012026030299999")))
        self.assertEqual(not_found.exception.id, "4212221000010012026030299999")
        with self.assertRaises(PermissionDenied) as denied:
            self.grid.hazard.file(FileHazard(number=number), acting_for="gm1")
        self.assertEqual(denied.exception.outcome, Outcome.NOT_EXECUTED)
        self.assertIn("gm1", denied.exception.who)
        with self.assertRaises(VersionConflict) as conflict:
            self.grid.hazard.file(FileHazard(number=number, expected_version=9), acting_for="vs1")
        self.assertEqual((conflict.exception.expected, conflict.exception.status), (9, StatusCode.ABORTED))
        with self.assertRaises(InvalidTransition) as invalid:
            self.grid.hazard.verify_pass(HazardNote(number=number), acting_for="to1")
        self.assertEqual(invalid.exception.state, HazardState.REPORTED)
        self.assertIn("待受理", invalid.exception.label.chinese)
        with self.assertRaises(UnknownField):
            request = FileHazard(number=number)
            request.unknown_fields = b"\x90\x03\x05"
            self.grid.hazard.file(request, acting_for="vs1")
        with self.assertRaises(CallError) as unreached:
            self.grid.hazard.show(ShowHazard(number=number), sequence_min=1 << 40, timeout=0.5)
        self.assertEqual(unreached.exception.status, StatusCode.UNAVAILABLE)

    def test_the_same_key_is_the_same_command(self) -> None:
        key = uuid.UUID("01900000-0000-7000-8000-000000000001")
        with self.assertRaises(CallError):
            self.grid.hazard.submit(report("old key"), acting_for="gm1", request_key=key)
        key = self.grid.new_request_key()
        first = self.grid.hazard.submit(report("once"), acting_for="gm1", request_key=key)
        again = self.grid.hazard.submit(report("once"), acting_for="gm1", request_key=key)
        self.assertEqual(first, again)
        with self.assertRaises(KeyReused):
            self.grid.hazard.submit(report("other"), acting_for="gm1", request_key=key)
        self.assertEqual(len(hazards(self.grid)), 1)

    def test_a_watch_goes_on_where_another_ended(self) -> None:
        number = basic.submit(self.grid)
        with self.grid.hazard.watch(WatchHazards(number=number)) as changes:
            present = changes.next(timeout=30)
            assert present is not None
            self.assertIsNone(present.event)
            with self.assertRaises(TimeoutError):
                changes.next(timeout=0.05)
            self.grid.hazard.file(FileHazard(number=number), acting_for="vs1")
            filed = changes.next(timeout=30)
            assert filed is not None
            self.assertEqual(filed.hazard.state, HazardState.FILED)
        self.assertIsNone(changes.next(timeout=30))
        self.grid.hazard.dispatch(DispatchHazard(number=number, assignee="gm1"), acting_for="vs1")
        rest = self.grid.hazard.watch(WatchHazards(number=number, after_sequence=filed.sequence))
        self.assertEqual(next(rest).hazard.state, HazardState.DISPATCHED)
        missing = HazardNumber("4212221000010012026030299999")
        with self.assertRaises(NotFound):
            next(self.grid.hazard.watch(WatchHazards(number=missing)))

    def relayed(self, index: int, person: str = "gm1") -> RelayedHazard:
        key = self.grid.new_request_key().bytes
        return RelayedHazard(request_key=key, acting_for=person, hazard=report(f"{index}"))

    def test_an_import_of_any_length_is_answered_at_its_end(self) -> None:
        for endpoint in [self.daemon.unix, self.daemon.tcp]:
            with Client.connect(endpoint) as grid, grid.enterprise.import_rows() as upload:
                for index in range(2500):
                    cell = "421222100001009" if index == 1700 else "421222100001001"
                    row = EnterpriseRow(
                        name=f"{endpoint} {index}",
                        type=EnterpriseType.SMALL_SHOP,
                        grid=GridCode(cell),
                        risk_level=RiskLevel.BLUE,
                    )
                    upload.send(ImportedRow(request_key=grid.new_request_key().bytes, row=row))
                summary = upload.finish()
            self.assertEqual((summary.created, summary.refused), (2499, 1))
            self.assertEqual([fault.row for fault in summary.faults], [1700])

    def test_one_thread_relays_more_than_any_credit(self) -> None:
        hazards = [self.relayed(index, "gm1" if index % 2 else "nobody") for index in range(3000)]
        with self.grid.hazard.relay() as relay:
            receipts = list(relay.answers(hazards))
        self.assertEqual({receipt.request_key for receipt in receipts}, {hazard.request_key for hazard in hazards})
        self.assertEqual(sum(1 for receipt in receipts if receipt.receipt is not None), 1500)
        refusals = {receipt.refusal.code for receipt in receipts if receipt.refusal is not None}
        self.assertEqual(refusals, {StatusCode.PERMISSION_DENIED})

    def test_two_threads_relay(self) -> None:
        hazards = [self.relayed(index) for index in range(1000)]
        with self.grid.hazard.relay() as relay:

            def send() -> None:
                for hazard in hazards:
                    relay.send(hazard)
                relay.finish_sending()

            sender = threading.Thread(target=send)
            sender.start()
            receipts = list(relay)
            sender.join()
        self.assertEqual(len({receipt.sequence for receipt in receipts}), 1000)
        # The same key by itself is the same command.
        again = self.grid.hazard.submit(
            hazards[0].hazard, acting_for="gm1", request_key=uuid.UUID(bytes=hazards[0].request_key)
        )
        first = next(receipt for receipt in receipts if receipt.request_key == hazards[0].request_key)
        self.assertEqual(again, first.receipt)

    def test_a_stream_of_requests_ends_on_either_side(self) -> None:
        with self.grid.hazard.relay(timeout=0.05) as relay, self.assertRaises(CallError) as raised:
            next(relay)
        self.assertEqual(raised.exception.status, StatusCode.DEADLINE_EXCEEDED)
        relay = self.grid.hazard.relay()
        relay.send(self.relayed(0))
        relay.close()
        self.assertIsNone(relay.next(timeout=30))
        with self.assertRaises(CallError):
            relay.send(self.relayed(1))
        with self.grid.hazard.relay() as relay, self.assertRaises(CallError) as refused:
            relay.send(RelayedHazard(hazard=SubmitHazard(description="x" * 300_000)))
        self.assertEqual(refused.exception.outcome, Outcome.NOT_EXECUTED)
        self.grid.hazard.relay()
        gc.collect()
        deadline = time.monotonic() + 30
        while self.grid._link.core._calls and time.monotonic() < deadline:
            self.grid.admin.status(Empty())
        self.assertFalse(self.grid._link.core._calls)

    def test_streams_that_nobody_closes_are_closed(self) -> None:
        number = basic.submit(self.grid)
        for _ in range(50):
            next(self.grid.hazard.watch(WatchHazards(number=number)))
        gc.collect()
        deadline = time.monotonic() + 30
        while self.grid._link.core._calls and time.monotonic() < deadline:
            self.grid.admin.status(Empty())
        self.assertFalse(self.grid._link.core._calls)

    def test_more_slow_watches_than_credit_hold_up_no_reply(self) -> None:
        text = "隐患" * 900
        for index in range(100):
            self.grid.hazard.submit(report(f"{index} {text}"), acting_for="gm1")
        watches = [self.grid.hazard.watch(WatchHazards(holder=basic.VILLAGE)) for _ in range(24)]
        # Each has half a megabyte to say; together more than the connection's credit.
        self.assertEqual(len(hazards(self.grid)), 100)
        for watch in watches:
            self.assertEqual(sum(1 for _ in zip(range(100), watch, strict=False)), 100)
            watch.close()

    def test_threads_share_a_client(self) -> None:
        number = basic.submit(self.grid)
        seen: list[HazardState] = []

        def follow() -> None:
            with self.grid.hazard.watch(WatchHazards(number=number)) as changes:
                for change in changes:
                    seen.append(change.hazard.state)
                    if change.hazard.state == HazardState.CLOSED:
                        return

        watcher = threading.Thread(target=follow)
        watcher.start()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            receipts = list(pool.map(lambda i: self.grid.hazard.submit(report(f"{i}"), acting_for="gm1"), range(300)))
        basic.work_off(self.grid, number)
        watcher.join(60)
        self.assertFalse(watcher.is_alive())
        self.assertEqual(seen[-1], HazardState.CLOSED)
        self.assertEqual(len({receipt.number for receipt in receipts}), 300)

    def test_large_requests(self) -> None:
        photos = [basic.PHOTO] * 20
        request = report("x" * 2000)
        request.photos = [type(basic.PHOTO)(sha256=photo.sha256, caption="隐" * 200) for photo in photos]
        number = self.grid.hazard.submit(request, acting_for="gm1").number
        self.assertEqual(self.grid.hazard.show(ShowHazard(number=number)).photos, request.photos)

    def test_requests_that_the_socket_does_not_take_at_once(self) -> None:
        number = basic.submit(self.grid)
        # Refused for what it says, which the server must read first; while another thread waits for the socket, and not.
        feedback = HazardFeedback(number=number, result="x" * 4_000_000)
        with self.grid.hazard.watch(WatchHazards(number=number)) as changes:
            next(changes)
            watcher = threading.Thread(target=changes.next)
            for _ in range(2):
                with self.assertRaises(InvalidArgument) as caught:
                    self.grid.hazard.feedback(feedback, acting_for="gm1", timeout=30)
                self.assertIn("4000000 characters", caught.exception.reason)
                if watcher.ident is None:
                    watcher.start()
                    while not self.grid._link._is_reading:
                        time.sleep(0.001)
        watcher.join(30)
        self.assertFalse(watcher.is_alive())
        with self.assertRaises(CallError) as too_large:
            self.grid.hazard.feedback(HazardFeedback(number=number, result="x" * (4 << 20)), acting_for="gm1")
        self.assertIn("send it in parts", str(too_large.exception))

    def test_pings_are_answered_while_nobody_calls(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, mock.patch.object(blocking, "KEEP_SECONDS", 0.01):
            greeting = HelloOk(version=1, frame_bytes_max=65_536, message_bytes_max=1 << 20, streams_max=9)
            answers: list[Frame] = []

            def serve() -> None:
                peer, _ = listener.accept()
                with peer:
                    peer.sendall(encode_frame(FrameType.HELLO_OK, greeting.encode()))
                    peer.sendall(encode_frame(FrameType.PING, b"12345678"))
                    reader = FrameReader()
                    hello = peer.recv(4096)
                    answers.extend(reader.read(hello[len(MAGIC) :]))
                    while len(answers) < 2:
                        answers.extend(reader.read(peer.recv(4096)))

            server = threading.Thread(target=serve)
            server.start()
            with Client.connect(f"tcp://127.0.0.1:{listener.getsockname()[1]}"):
                server.join(30)
            self.assertEqual(answers[1], Frame(FrameType.PONG, 0, 0, b"12345678"))

    def test_a_connection_that_was_lost_meanwhile_is_made_anew(self) -> None:
        number = basic.submit(self.grid)
        self.daemon.stop(signal.SIGKILL)
        self.daemon.start()
        # A stream is not repeated: the client must notice before.
        self.assertEqual(next(self.grid.hazard.watch(WatchHazards(number=number))).hazard.number, number)

    def test_a_closed_client_says_so(self) -> None:
        self.grid.close()
        self.grid.close()
        with self.assertRaises(CallError) as caught:
            self.grid.admin.status(Empty())
        self.assertIn("closed", str(caught.exception))


class NobodyThere(unittest.TestCase):
    def test_no_server(self) -> None:
        for endpoint in ["unix:/nonexistent/s.sock", "tcp://127.0.0.1:1"]:
            with self.assertRaises(ConnectError):
                Client.connect(endpoint)
            with self.assertRaises(ConnectError):
                asyncio.run(AsyncClient.connect(endpoint))

    def test_a_server_of_another_kind(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                for _ in range(2):
                    peer, _ = listener.accept()
                    with peer:
                        peer.recv(8)
                        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        while peer.recv(4096):
                            pass

            server = threading.Thread(target=answer)
            server.start()
            endpoint = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
            with self.assertRaises(ConnectError) as caught:
                Client.connect(endpoint)
            self.assertIn("exceeds the limit", caught.exception.reason)
            with self.assertRaises(ConnectError) as caught:
                asyncio.run(AsyncClient.connect(endpoint))
            self.assertIn("exceeds the limit", caught.exception.reason)
            server.join(30)


@needs_daemon
class Kills(unittest.TestCase):
    """kill -9 in the middle of submissions: each is there exactly once, under the number that its reply gave."""

    SUBMISSIONS = 400
    WORKERS = 8

    def audit(self, daemon: Daemon, numbers: list[HazardNumber]) -> None:
        with Client.connect(daemon.unix) as grid:
            found = hazards(grid)
        self.assertEqual(sorted(hazard.number for hazard in found), sorted(numbers))
        self.assertEqual(len({hazard.description for hazard in found}), self.SUBMISSIONS)
        self.assertIn("intact", daemon.tool("audit", "verify"))

    def kill_three_times(self, daemon: Daemon, answered: list[HazardNumber]) -> None:
        for share in [0.2, 0.4, 0.6]:
            while len(answered) < self.SUBMISSIONS * share:
                time.sleep(0.001)
            daemon.stop(signal.SIGKILL)
            daemon.start()

    def test_blocking(self) -> None:
        daemon = started(self)
        answered: list[HazardNumber] = []
        with Client.connect(daemon.unix) as grid, concurrent.futures.ThreadPoolExecutor(self.WORKERS) as pool:

            def submit(index: int) -> None:
                receipt = grid.hazard.submit(report(f"{index}"), acting_for="gm1", timeout=60)
                answered.append(receipt.number)

            killer = threading.Thread(target=self.kill_three_times, args=(daemon, answered))
            killer.start()
            list(pool.map(submit, range(self.SUBMISSIONS)))
            killer.join(60)
        self.audit(daemon, answered)

    def test_asyncio(self) -> None:
        daemon = started(self)
        answered: list[HazardNumber] = []

        async def run() -> None:
            async with await AsyncClient.connect(daemon.unix) as grid:
                left = iter(range(self.SUBMISSIONS))

                async def work() -> None:
                    for index in left:
                        receipt = await grid.hazard.submit(report(f"{index}"), acting_for="gm1", timeout=60)
                        answered.append(receipt.number)

                kills = asyncio.to_thread(self.kill_three_times, daemon, answered)
                await asyncio.gather(kills, *(work() for _ in range(self.WORKERS)))

        asyncio.run(run())
        self.audit(daemon, answered)

    def test_without_retries_the_outcome_is_unknown_and_the_key_settles_it(self) -> None:
        daemon = started(self)
        with Client.connect(daemon.unix) as grid:
            daemon.freeze()
            with self.assertRaises(CallError) as caught:
                grid.hazard.submit(report("doubtful"), acting_for="gm1", timeout=0.3)
            self.assertEqual(caught.exception.outcome, Outcome.UNKNOWN)
            self.assertEqual(caught.exception.status, StatusCode.DEADLINE_EXCEEDED)
            key = caught.exception.request_key
            assert key is not None
            daemon.process.send_signal(signal.SIGCONT)
            receipt = grid.hazard.submit(report("doubtful"), acting_for="gm1", request_key=key)
            self.assertEqual([hazard.number for hazard in hazards(grid)], [receipt.number])


@needs_daemon
class Async(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.daemon = started(self)

    async def asyncSetUp(self) -> None:
        self.grid = await AsyncClient.connect(self.daemon.unix)
        self.addAsyncCleanup(self.grid.close)

    async def work_off(self, grid: AsyncClient, number: HazardNumber) -> None:
        note = HazardNote(number=number)
        await grid.hazard.file(FileHazard(number=number), acting_for="vs1")
        await grid.hazard.dispatch(DispatchHazard(number=number, assignee="gm1"), acting_for="vs1")
        await grid.hazard.claim(note, acting_for="gm1")
        feedback = HazardFeedback(number=number, result="已清理", evidence=[basic.PHOTO])
        await grid.hazard.feedback(feedback, acting_for="gm1")
        await grid.hazard.verify_pass(note, acting_for="to1")

    async def test_submits_and_watches_it_close(self) -> None:
        for endpoint in [self.daemon.unix, self.daemon.tcp]:
            async with await AsyncClient.connect(endpoint) as grid:
                receipt = await grid.hazard.submit(report("消防通道堵塞"), acting_for="gm1")
                states = []
                async with grid.hazard.watch(WatchHazards(number=receipt.number)) as changes:
                    working = asyncio.create_task(self.work_off(grid, receipt.number))
                    async for change in changes:
                        states.append(int(change.hazard.state))
                        if change.hazard.state == HazardState.CLOSED:
                            break
                    await working
                self.assertEqual(states, [10, 20, 30, 40, 50, 60])

    async def test_many_calls_at_once_on_one_connection(self) -> None:
        calls = [self.grid.hazard.submit(report(f"{index}"), acting_for="gm1") for index in range(2000)]
        receipts = await asyncio.gather(*calls)
        self.assertEqual(len({receipt.number for receipt in receipts}), 2000)

    async def test_streams_of_requests(self) -> None:
        hazards = [
            RelayedHazard(
                request_key=self.grid.new_request_key().bytes, acting_for="gm1", hazard=report(f"{index}")
            )
            for index in range(2000)
        ]
        async with self.grid.hazard.relay() as relay:

            async def send() -> None:
                for hazard in hazards:
                    await relay.send(hazard)
                await relay.finish_sending()

            sending = asyncio.create_task(send())
            receipts = [receipt async for receipt in relay]
            await sending
        self.assertEqual({receipt.request_key for receipt in receipts}, {hazard.request_key for hazard in hazards})
        async with self.grid.enterprise.import_rows() as upload:
            for index in range(1500):
                row = EnterpriseRow(
                    name=f"async {index}",
                    type=EnterpriseType.SMALL_SHOP,
                    grid=GridCode("421222100001001"),
                    risk_level=RiskLevel.BLUE,
                )
                await upload.send(ImportedRow(request_key=self.grid.new_request_key().bytes, row=row))
            summary = await upload.finish()
        self.assertEqual(summary.created, 1500)
        # Nobody takes the receipts: the sender waits, until it is given up.
        async with self.grid.hazard.relay() as relay:
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(2):
                    while True:
                        await relay.send(RelayedHazard(request_key=b"x", hazard=report("y")))
        self.assertTrue((await self.grid.admin.status(Empty())).version)

    async def test_a_cancelled_task_gives_its_call_up(self) -> None:
        receipt = await self.grid.hazard.submit(report("x"), acting_for="gm1")
        changes = self.grid.hazard.watch(WatchHazards(number=receipt.number))
        self.assertIsNone((await anext(changes)).event)
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(anext(changes), 0.05)
        # Only the waiting was given up.
        await self.grid.hazard.file(FileHazard(number=receipt.number), acting_for="vs1")
        self.assertEqual((await anext(changes)).hazard.state, HazardState.FILED)
        changes.close()
        with self.assertRaises(StopAsyncIteration):
            await anext(changes)
        self.daemon.freeze()
        call = asyncio.create_task(self.grid.admin.status(Empty()))
        await asyncio.sleep(0.05)
        call.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await call
        with self.assertRaises(CallError) as caught:
            await self.grid.admin.status(Empty(), timeout=0.1)
        # The server was asked to stop.
        left = list(self.grid._link.core._calls.values())
        self.assertTrue(left and all(call.is_abandoned for call in left))
        self.assertEqual(caught.exception.status, StatusCode.DEADLINE_EXCEEDED)
        self.daemon.process.send_signal(signal.SIGCONT)
        await self.grid.admin.status(Empty())

    async def test_a_daemon_that_leaves_in_order_comes_back(self) -> None:
        receipt = await self.grid.hazard.submit(report("x"), acting_for="gm1")
        changes = self.grid.hazard.watch(WatchHazards(number=receipt.number))
        await anext(changes)
        await asyncio.to_thread(self.daemon.stop)
        with self.assertRaises(CallError) as caught:
            await anext(changes)
        self.assertEqual(caught.exception.status, StatusCode.UNAVAILABLE)
        await asyncio.to_thread(self.daemon.start)
        hazard = await self.grid.hazard.show(ShowHazard(number=receipt.number))
        self.assertEqual(hazard.description, "x")
