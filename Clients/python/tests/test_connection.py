"""The connection's state machine against a server written by hand, frame by frame; retries; request keys."""

import time
import unittest
from typing import Any
from unittest import mock

from safegrid import (
    CallError,
    ConnectError,
    HazardNumber,
    InvalidArgument,
    NotFound,
    Outcome,
    ProtocolError,
    ShowHazard,
    StatusCode,
    VersionConflict,
    WatchHazards,
)
from safegrid.connection import Call, Connection
from safegrid.endpoint import TCPEndpoint, UnixEndpoint, parse_endpoint
from safegrid.frames import END, MAGIC, MORE, Frame, FrameReader, FrameType, encode_frame, join_head, split_head
from safegrid.generated.gridwire import Credit, GoAway, Hello, HelloOk, Open, Status
from safegrid.generated.services import ADMIN_STATUS, HAZARD_FILE, HAZARD_SHOW, HAZARD_WATCH
from safegrid.limits import (
    CONNECTION_CREDIT_BYTES,
    MESSAGE_BYTES_MAX,
    RETRY_BUDGET,
    STREAM_CREDIT_BYTES,
    STREAM_NUMBER_MAX,
)
from safegrid.request_keys import RequestKeys
from safegrid.retry import Attempts, Memory
from safegrid.wire import Record


class Server:
    """The other side: reads what the client says, and says what the test wants."""

    def __init__(self, waive: bool = False, **greeting: Any) -> None:
        self.connection = Connection("test")
        self.reader = FrameReader()
        self.has_checksum = True
        hello = self.connection.take_outbound()
        assert hello.startswith(MAGIC)
        [frame] = self.reader.read(hello[len(MAGIC) :])
        self.hello = Hello.decode(frame.payload)
        limits = {"frame_bytes_max": 65_536, "message_bytes_max": MESSAGE_BYTES_MAX, "streams_max": 1024}
        record = HelloOk(version=1, waive_checksum=waive, **{**limits, **greeting})
        self.say(FrameType.HELLO_OK, record.encode())
        self.has_checksum = self.reader.has_checksum = not waive

    def say(self, type_: FrameType, payload: bytes, stream: int = 0, flags: int = 0) -> None:
        self.connection.receive(encode_frame(type_, payload, stream, flags, self.has_checksum))

    def status(self, stream: int, body: bytes = b"", **head: Any) -> None:
        self.say(FrameType.STATUS, join_head(Status(**head).encode(), body), stream, END)

    def heard(self) -> list[Frame]:
        return list(self.reader.read(self.connection.take_outbound()))


class Calls(unittest.TestCase):
    def test_the_handshake(self) -> None:
        server = Server()
        self.assertEqual((server.hello.version_min, server.hello.version_max), (1, 1))
        self.assertEqual(server.hello.stream_credit, STREAM_CREDIT_BYTES)
        self.assertTrue(server.connection.is_usable)
        with self.assertRaises(ProtocolError):
            server.say(FrameType.HELLO_OK, b"")

    def test_no_frame_before_the_greeting_and_no_call(self) -> None:
        connection = Connection("test")
        with self.assertRaises(CallError):
            connection.open(ADMIN_STATUS, b"")
        with self.assertRaises(ProtocolError):
            connection.receive(encode_frame(FrameType.PING, b""))

    def test_calls_are_answered_in_any_order(self) -> None:
        for waive in [False, True]:
            server = Server(waive=waive)
            first = server.connection.open(ADMIN_STATUS, b"", timeout=1.5)
            second = server.connection.open(HAZARD_FILE, b"x", key=RequestKeys().next(), acting_for="gm1")
            frames = server.heard()
            self.assertEqual([frame.stream for frame in frames], [1, 3])
            self.assertEqual(Open.decode(split_head(frames[0].payload)[0]).timeout_us, 1_500_000)
            head = Open.decode(split_head(frames[1].payload)[0])
            self.assertEqual(
                (head.method, head.acting_for, head.request_key), (1285, "gm1", second.key and second.key.bytes)
            )
            server.status(3, b"reply", sequence=7, outcome=2)
            self.assertEqual((second.body, second.sequence, second.failure), (b"reply", 7, None))
            self.assertFalse(first.is_ended)

    def test_large_requests_and_replies_come_in_parts(self) -> None:
        server = Server(frame_bytes_max=4096)
        body = bytes(range(256)) * 50
        call = server.connection.open(ADMIN_STATUS, body)
        frames = server.heard()
        self.assertEqual(Open.decode(split_head(frames[0].payload)[0]).message_bytes, len(body))
        self.assertEqual([frame.flags for frame in frames], [MORE, MORE, MORE, MORE, END])
        self.assertEqual(b"".join(frame.payload for frame in frames[1:]), body)
        server.say(FrameType.DATA, body[:6000], call.stream, MORE)
        server.say(FrameType.DATA, body[6000:], call.stream)
        server.status(call.stream)
        self.assertEqual(call.body, body)

    def test_refusals_have_their_class_fields_and_texts(self) -> None:
        server = Server()
        call = server.connection.open(HAZARD_SHOW, b"")
        body = b"\x0a\x06hazard\x12\x015\x1a\x06" + "案卷".encode()
        server.status(call.stream, body, code=5, error=20, outcome=1, message="There is…")
        failure = call.failure
        assert isinstance(failure, NotFound)
        self.assertEqual((failure.what, failure.id, failure.status), ("hazard", "5", StatusCode.NOT_FOUND))
        self.assertEqual(str(failure), "Hazard.show: NOT_FOUND: There is no hazard 5.")
        self.assertEqual(failure.label.chinese, "不存在案卷 5。")
        self.assertEqual(NotFound(what="hazard", id="5").label.chinese, "不存在hazard 5。", "of an older daemon")

    def test_an_error_of_a_newer_version_is_told_by_its_code(self) -> None:
        server = Server()
        for code, error in [(9, 9999), (99, 0), (5, 20)]:
            call = server.connection.open(HAZARD_SHOW, b"")
            server.status(call.stream, b"\xff", code=code, error=error, outcome=9, message="why")
            failure = call.failure
            assert failure is not None
            self.assertIs(type(failure), CallError)
            self.assertEqual(failure.status, StatusCode(code) if code < 17 else StatusCode.UNKNOWN)
            self.assertEqual((failure.outcome, failure.server_text), (Outcome.UNKNOWN, "why"))

    def test_limits_are_kept_before_anything_is_sent(self) -> None:
        server = Server(streams_max=2, message_bytes_max=65_536)
        with self.assertRaises(CallError) as caught:
            server.connection.open(HAZARD_FILE, bytes(65_537))
        self.assertEqual(caught.exception.outcome, Outcome.NOT_EXECUTED)
        with self.assertRaises(CallError):
            server.connection.open(HAZARD_FILE, b"", acting_for="x" * 65)
        server.connection.open(ADMIN_STATUS, b"")
        server.connection.open(ADMIN_STATUS, b"")
        with self.assertRaises(CallError) as caught:
            server.connection.open(ADMIN_STATUS, b"")
        self.assertEqual(caught.exception.retry_after_ms, 10)
        server.connection._next_stream = STREAM_NUMBER_MAX + 2
        self.assertFalse(server.connection.is_usable)

    def test_pings_are_answered(self) -> None:
        server = Server()
        server.say(FrameType.PING, b"12345678")
        self.assertEqual(server.heard(), [Frame(FrameType.PONG, 0, 0, b"12345678")])

    def test_what_breaks_the_protocol(self) -> None:
        for type_, payload, stream in [
            (FrameType.STATUS, join_head(b"", b""), 9),
            (FrameType.DATA, b"", 9),
            (FrameType.OPEN, b"", 1),
            (FrameType.STATUS, b"", 1),
            (FrameType.STATUS, join_head(b"\xff", b""), 1),
            (FrameType.GOAWAY, b"\xff", 0),
        ]:
            server = Server()
            server.connection.open(ADMIN_STATUS, b"")
            with self.assertRaises(ProtocolError, msg=f"{type_.name} {payload!r}"):
                server.say(type_, payload, stream)


class Streams(unittest.TestCase):
    def test_credit_is_raised_as_messages_are_taken(self) -> None:
        server = Server()
        call = server.connection.open(HAZARD_WATCH, b"", is_streaming=True)
        server.heard()
        message = bytes(60_000)
        for _ in range(10):
            server.say(FrameType.DATA, message, call.stream)
        self.assertEqual(server.heard(), [])
        for _ in range(8):
            server.connection.take(call)
        self.assertEqual(server.heard(), [])
        server.connection.take(call)
        [frame] = server.heard()
        self.assertEqual((frame.type, frame.stream), (FrameType.CREDIT, call.stream))
        self.assertEqual(Credit.decode(frame.payload).total_bytes, 9 * 60_000 + STREAM_CREDIT_BYTES)

    def test_the_connections_credit_does_not_wait_for_the_application(self) -> None:
        server = Server(waive=True)
        totals = []
        calls = [server.connection.open(HAZARD_WATCH, b"", is_streaming=True) for _ in range(12)]
        server.heard()
        for call in calls:
            for _ in range(STREAM_CREDIT_BYTES // 65_536):
                server.say(FrameType.DATA, bytes(65_536), call.stream)
            totals += [Credit.decode(frame.payload).total_bytes for frame in server.heard() if frame.stream == 0]
        # Twelve streams that nobody reads leave room for the largest reply.
        self.assertGreater(totals[-1] - 12 * STREAM_CREDIT_BYTES, MESSAGE_BYTES_MAX - 1)
        self.assertEqual(totals, sorted(totals))
        self.assertLessEqual(totals[-1] - 12 * STREAM_CREDIT_BYTES, CONNECTION_CREDIT_BYTES)

    def test_messages_in_parts_empty_ones_and_the_end(self) -> None:
        server = Server()
        call = server.connection.open(HAZARD_WATCH, b"", is_streaming=True)
        server.say(FrameType.DATA, b"ab", call.stream, MORE)
        server.say(FrameType.DATA, b"c", call.stream)
        server.say(FrameType.DATA, b"", call.stream)
        server.status(call.stream)
        self.assertEqual(list(call.messages), [b"abc", b""])
        self.assertTrue(call.is_ended)
        self.assertEqual(server.connection.take(call), b"abc")

    def test_a_message_has_its_limit(self) -> None:
        server = Server(waive=True)
        call = server.connection.open(HAZARD_WATCH, b"", is_streaming=True)
        with self.assertRaises(ProtocolError):
            for _ in range(MESSAGE_BYTES_MAX // 65_536 + 1):
                server.say(FrameType.DATA, bytes(65_536), call.stream, MORE)

    def test_an_abandoned_stream_is_cancelled_and_drops_what_comes(self) -> None:
        server = Server()
        call = server.connection.open(HAZARD_WATCH, b"", is_streaming=True)
        server.say(FrameType.DATA, b"abc", call.stream)
        server.heard()
        server.connection.abandon(call)
        server.connection.abandon(call)
        self.assertEqual([frame.type for frame in server.heard()], [FrameType.CANCEL])
        server.say(FrameType.DATA, b"def", call.stream)
        self.assertFalse(call.messages)
        server.status(call.stream, code=1)
        server.connection.abandon(call)
        self.assertEqual(server.heard(), [])


class Endings(unittest.TestCase):
    def outcomes(self, farewell: GoAway | None) -> list[CallError]:
        server = Server()
        calls = [
            server.connection.open(HAZARD_FILE, b"", key=RequestKeys().next()),
            server.connection.open(HAZARD_SHOW, b""),
            server.connection.open(HAZARD_FILE, b"", key=RequestKeys().next()),
        ]
        if farewell is not None:
            server.say(FrameType.GOAWAY, farewell.encode())
            self.assertFalse(server.connection.is_usable)
        server.connection.lost("it broke")
        return [call.failure for call in calls if call.failure is not None]

    def test_a_lost_connection_leaves_commands_unknown_with_their_key(self) -> None:
        failures = self.outcomes(None)
        self.assertEqual([f.outcome for f in failures], [Outcome.UNKNOWN, Outcome.QUERY, Outcome.UNKNOWN])
        self.assertIsNotNone(failures[0].request_key)
        self.assertIn(f"repeat it with request_key={failures[0].request_key}", str(failures[0]))

    def test_what_a_farewell_says_was_not_executed_was_not(self) -> None:
        failures = self.outcomes(GoAway(code=0, last_stream=1, message="the server is going down"))
        self.assertEqual([f.outcome for f in failures], [Outcome.UNKNOWN, Outcome.QUERY, Outcome.NOT_EXECUTED])
        self.assertIn("the server is going down", failures[0].server_text)


class Retries(unittest.TestCase):
    def attempts(self, command: bool = True, timeout: float = 30) -> Attempts[Any, Any]:
        method: Any = HAZARD_FILE if command else HAZARD_SHOW
        request: Record = ShowHazard(number=HazardNumber("4212221000010012026030200001"))
        return Attempts(Memory(), method, request, timeout=timeout)

    @staticmethod
    def failure(outcome: Outcome, retry_after_ms: int | None = None) -> CallError:
        return CallError.of(StatusCode.UNAVAILABLE, outcome, "x", retry_after_ms=retry_after_ms)

    def test_the_key_stays_the_same(self) -> None:
        attempts = self.attempts()
        self.assertEqual(attempts.request_key(), attempts.request_key())
        self.assertIsNone(self.attempts(command=False).request_key())

    def test_waits_grow_and_follow_the_servers_advice(self) -> None:
        attempts = self.attempts()
        waits = [attempts.after(self.failure(Outcome.UNKNOWN)) for _ in range(7)]
        for index, wait in enumerate(waits):
            self.assertLessEqual(wait, min(0.05 * 2**index, 2.0))
            self.assertGreaterEqual(wait, min(0.05 * 2**index, 2.0) / 2)
        self.assertGreaterEqual(attempts.after(self.failure(Outcome.NOT_EXECUTED, 5000)), 5)

    def test_what_is_not_repeated(self) -> None:
        conflict = VersionConflict(expected=1, actual=2)
        conflict.outcome = Outcome.NOT_EXECUTED
        for failure in [self.failure(Outcome.EXECUTED, 1), self.failure(Outcome.NOT_EXECUTED), conflict]:
            with self.assertRaises(CallError) as caught:
                self.attempts().after(failure)
            self.assertIs(caught.exception, failure)
        with self.assertRaises(CallError):
            self.attempts(command=False).after(self.failure(Outcome.QUERY))
        # Advice that leads behind the deadline.
        with self.assertRaises(CallError):
            self.attempts(timeout=1).after(self.failure(Outcome.NOT_EXECUTED, 1001))

    def test_a_doubt_stays_until_an_answer_settles_it(self) -> None:
        attempts = self.attempts()
        key = attempts.request_key()
        attempts.after(self.failure(Outcome.UNKNOWN))
        with self.assertRaises(CallError) as caught:
            attempts.after(self.failure(Outcome.NOT_EXECUTED))
        self.assertEqual((caught.exception.outcome, caught.exception.request_key), (Outcome.UNKNOWN, key))
        for settling in [VersionConflict(), InvalidArgument()]:
            settling.outcome = Outcome.NOT_EXECUTED
            with self.assertRaises(CallError) as caught:
                attempts.after(settling)
            self.assertEqual(caught.exception.outcome, Outcome.NOT_EXECUTED)
        # Without a doubt there is nothing to keep.
        with self.assertRaises(CallError) as caught:
            self.attempts().after(self.failure(Outcome.NOT_EXECUTED))
        self.assertEqual(caught.exception.outcome, Outcome.NOT_EXECUTED)

    def test_the_budget_is_shared_and_earned_back(self) -> None:
        memory = Memory()
        with mock.patch.object(time, "monotonic", return_value=time.monotonic()):
            spent = sum(memory.budget.spend() for _ in range(RETRY_BUDGET * 2))
        self.assertEqual(spent, RETRY_BUDGET)
        with mock.patch.object(time, "monotonic", return_value=time.monotonic() + 1):
            self.assertTrue(memory.budget.spend())

    def test_another_history_forgets_the_sequence(self) -> None:
        memory = Memory()
        memory.greeted(HelloOk(history_id=b"a" * 16))
        memory.sequence = 9
        memory.greeted(HelloOk(history_id=b"a" * 16))
        self.assertEqual(memory.sequence, 9)
        memory.greeted(HelloOk(history_id=b"b" * 16))
        self.assertEqual(memory.sequence, 0)

    def test_a_reply_that_cannot_be_read_was_executed(self) -> None:
        attempts = self.attempts()
        call = Call(HAZARD_FILE, 1, None, False)
        call.body = b"\xff"
        with self.assertRaises(CallError) as caught:
            attempts.reply(call)
        self.assertEqual(caught.exception.outcome, Outcome.EXECUTED)


class RequestKeyTests(unittest.TestCase):
    def test_keys_are_version_7_rise_and_follow_the_servers_clock(self) -> None:
        keys = RequestKeys()
        keys.follow(1_772_411_400_000)
        made = [keys.next() for _ in range(20_000)]
        self.assertEqual(made, sorted(made))
        self.assertEqual(len(set(made)), len(made))
        for key in made[::1000]:
            self.assertEqual((key.version, key.variant), (7, "specified in RFC 4122"))
            self.assertLess(abs((key.int >> 80) - 1_772_411_400_000), 10_000)
        # A server that was restored may stand at an earlier time.
        keys.follow(1_000_000)
        self.assertLess(keys.next().int >> 80, 1_100_000)


class Endpoints(unittest.TestCase):
    def test_forms(self) -> None:
        self.assertEqual(parse_endpoint("unix:/run/s.sock"), UnixEndpoint("/run/s.sock"))
        self.assertEqual(parse_endpoint("tcp://127.0.0.1:7421"), TCPEndpoint("127.0.0.1", 7421))
        self.assertEqual(str(parse_endpoint("tcp://[::1]:7421")), "tcp://[::1]:7421")
        for text in ["", "unix:", "http://x", "tcp://127.0.0.1", "tcp://:1", "tcp://h:99999", "/run/s.sock"]:
            with self.assertRaises(ValueError, msg=text):
                parse_endpoint(text)
        self.assertEqual(
            str(ConnectError(parse_endpoint("unix:/x"), "No such file or directory")),
            "cannot connect to unix:/x: No such file or directory",
        )


class Requests(unittest.TestCase):
    def test_watches_are_queries(self) -> None:
        self.assertFalse(HAZARD_WATCH.is_command)
        self.assertEqual(HAZARD_WATCH.request, WatchHazards)
        self.assertEqual(HAZARD_WATCH.number, 5 * 256 + 47)
