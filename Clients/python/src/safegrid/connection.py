"""gridwire/1 on the client's side, without any I/O: bytes go in, bytes come out, calls end. Both clients drive it.

It lives on one thread, or behind one lock. After whatever was asked of it, `take_outbound()` is to be written.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from .calls import Method
from .errors import CallError, DecodingError, Outcome, ProtocolError, Refusal, StatusCode
from .frames import END, MAGIC, MORE, Frame, FrameReader, FrameType, encode_frame, join_head, split_head
from .generated.errors import REFUSALS
from .generated.gridwire import Cancel, Credit, GoAway, Hello, HelloOk, Open, Status
from .limits import (
    ACTING_FOR_CHARACTERS_MAX,
    CONNECTION_CREDIT_BYTES,
    FRAME_BYTES_MAX,
    HEAD_BYTES_MAX,
    HELLO_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    REQUEST_OVERHEAD_BYTES,
    STREAM_CREDIT_BYTES,
    STREAM_NUMBER_MAX,
)
from .wire import Reader, Record, decode

VERSION = 1
"""The version of the protocol that is spoken here."""

R = TypeVar("R", bound=Record)


class Call:
    """One call on a connection: what came of it so far."""

    def __init__(self, method: Method[Any, Any], stream: int, key: uuid.UUID | None, is_streaming: bool) -> None:
        self.method = method
        self.stream = stream
        self.key = key
        self.is_streaming = is_streaming
        self.messages: deque[bytes] = deque()
        """Of a stream: what came and was not taken yet; bounded by the stream's credit."""
        self.body = b""
        self.sequence = 0
        self.is_ended = False
        self.failure: CallError | None = None
        self.changed: Callable[[], None] = lambda: None
        """Called when a message came, or the end."""
        self.partial = bytearray()
        self.taken_bytes = 0
        self.credit_total = STREAM_CREDIT_BYTES
        self.is_abandoned = False
        self.sent_bytes = 0
        self.send_total = 0
        """Of a stream of requests: what was sent, and what the server takes, as it is charged."""
        self.is_sending = False
        self.may_send: Callable[[], None] = lambda: None
        """Called when the server takes more, or at the end."""

    def end(self, failure: CallError | None) -> None:
        if failure is not None:
            failure.method_called = self.method.name
            if failure.outcome is Outcome.UNKNOWN:
                failure.request_key = self.key
        self.failure = failure
        self.is_ended = True
        self.changed()
        self.may_send()

    def lost(self, text: str, is_executed_never: bool) -> CallError:
        """What the caller hears when the connection is gone."""
        outcome = Outcome.QUERY
        if self.method.is_command:
            outcome = Outcome.NOT_EXECUTED if is_executed_never else Outcome.UNKNOWN
        # It may succeed at once on another connection.
        return CallError.of(StatusCode.UNAVAILABLE, outcome, text, retry_after_ms=0)


class Connection:
    """One connection, from the magic to its end."""

    def __init__(self, client: str, token: str | None = None) -> None:
        self.greeting: HelloOk | None = None
        self.farewell: GoAway | None = None
        """What the server said last about its end; no call may be opened any more."""
        self.is_closed = False
        self._reader = FrameReader(HELLO_BYTES_MAX)
        self._has_checksum = True
        self._outbound = bytearray(MAGIC)
        self._next_stream = 1
        self._calls: dict[int, Call] = {}
        self._received_bytes = 0
        self._credit_total = CONNECTION_CREDIT_BYTES
        self._sent_bytes = 0
        self._send_total = 0
        self._send(
            FrameType.HELLO,
            Hello(
                version_min=VERSION,
                version_max=VERSION,
                frame_bytes_max=FRAME_BYTES_MAX,
                message_bytes_max=MESSAGE_BYTES_MAX,
                stream_credit=STREAM_CREDIT_BYTES,
                connection_credit=CONNECTION_CREDIT_BYTES,
                client=client,
                waive_checksum=True,
                token=token,
            ),
        )

    # Out

    def take_outbound(self) -> bytes:
        """What is to be written now."""
        data = bytes(self._outbound)
        self._outbound.clear()
        return data

    @property
    def is_usable(self) -> bool:
        """Whether calls may be opened."""
        return (
            self.greeting is not None
            and self.farewell is None
            and not self.is_closed
            and self._next_stream <= STREAM_NUMBER_MAX
        )

    @property
    def has_room(self) -> bool:
        """Whether the server takes another call now."""
        return self.greeting is None or len(self._calls) < self.greeting.streams_max

    def open(
        self,
        method: Method[Any, Any],
        body: bytes,
        *,
        is_streaming: bool = False,
        timeout: float | None = None,
        key: uuid.UUID | None = None,
        acting_for: str | None = None,
        sequence_min: int = 0,
        resume: bytes | None = None,
        trace_parent: str | None = None,
    ) -> Call:
        """Opens a call; the requests of one that takes a stream are sent later. Raises CallError, not executed, when that
        is not possible."""
        greeting = self.greeting
        outcome = Outcome.NOT_EXECUTED if method.is_command else Outcome.QUERY

        def refused(status: StatusCode, text: str, retry_after_ms: int | None = None) -> CallError:
            return CallError.of(status, outcome, text, method.name, retry_after_ms)

        if greeting is None or not self.is_usable:
            raise refused(StatusCode.UNAVAILABLE, "the connection is not open", retry_after_ms=0)
        if acting_for is not None and not 1 <= len(acting_for) <= ACTING_FOR_CHARACTERS_MAX:
            raise refused(StatusCode.INVALID_ARGUMENT, f"acting_for has 1 to {ACTING_FOR_CHARACTERS_MAX} characters")
        if len(body) > greeting.message_bytes_max:
            raise refused(
                StatusCode.RESOURCE_EXHAUSTED,
                f"the request has {len(body)} bytes; the server takes {greeting.message_bytes_max}: send it in parts",
            )
        if not self.has_room:
            raise refused(
                StatusCode.RESOURCE_EXHAUSTED,
                f"{len(self._calls)} calls are open on this connection already; close streams or wait",
                retry_after_ms=10,
            )
        call = Call(method, self._next_stream, key, is_streaming)
        head = Open(
            method=method.number,
            timeout_us=None if timeout is None else max(0, int(timeout * 1_000_000)),
            request_key=None if key is None else key.bytes,
            acting_for=acting_for,
            sequence_min=sequence_min,
            resume=resume,
            trace_parent=trace_parent,
        )
        frame_bytes_max = min(greeting.frame_bytes_max, FRAME_BYTES_MAX)
        if method.takes_stream:
            if greeting.stream_credit == 0:
                raise refused(StatusCode.UNIMPLEMENTED, "the server takes no streams of requests; it is too old")
            call.is_sending = True
            call.send_total = greeting.stream_credit
            self._frame(FrameType.OPEN, join_head(head.encode(), b""), call.stream, 0)
        elif len(body) + HEAD_BYTES_MAX <= frame_bytes_max:
            self._frame(FrameType.OPEN, join_head(head.encode(), body), call.stream, END)
        else:
            head.message_bytes = len(body)
            self._frame(FrameType.OPEN, join_head(head.encode(), b""), call.stream, MORE)
            for start in range(0, len(body), frame_bytes_max):
                part = body[start : start + frame_bytes_max]
                is_last = start + len(part) == len(body)
                self._frame(FrameType.DATA, part, call.stream, END if is_last else MORE)
        self._next_stream += 2
        self._calls[call.stream] = call
        return call

    def send(self, call: Call, message: bytes) -> bool:
        """Sends a request of a stream; False when the server takes no more now. Raises CallError when it never will."""
        greeting = self.greeting
        assert greeting is not None

        def refused(status: StatusCode, text: str) -> CallError:
            return CallError.of(status, Outcome.NOT_EXECUTED, text, call.method.name)

        if not call.is_sending or self.is_closed:
            raise refused(StatusCode.FAILED_PRECONDITION, "the stream was ended; nothing can be sent on it")
        charge = len(message) + REQUEST_OVERHEAD_BYTES
        most = min(greeting.stream_credit, greeting.connection_credit)
        if charge > most:
            text = f"the request has {len(message)} bytes; the server takes {most - REQUEST_OVERHEAD_BYTES} on a stream"
            raise refused(StatusCode.RESOURCE_EXHAUSTED, text)
        if call.sent_bytes + charge > call.send_total or self._sent_bytes + charge > self._send_total:
            return False
        call.sent_bytes += charge
        self._sent_bytes += charge
        frame_bytes_max = min(greeting.frame_bytes_max, FRAME_BYTES_MAX)
        for start in range(0, max(1, len(message)), frame_bytes_max):
            part = message[start : start + frame_bytes_max]
            self._frame(FrameType.DATA, part, call.stream, MORE if start + len(part) < len(message) else 0)
        return True

    def finish_sending(self, call: Call) -> None:
        """Says that all requests of a stream were sent."""
        if call.is_sending and not self.is_closed:
            call.is_sending = False
            self._frame(FrameType.DATA, b"", call.stream, END)

    def abandon(self, call: Call) -> None:
        """Nobody waits for the call any more: the server is asked to stop, and what still comes is dropped."""
        if call.is_abandoned or call.stream not in self._calls or self.is_closed:
            return
        call.is_abandoned = True
        call.is_sending = False
        call.changed = lambda: None
        call.messages.clear()
        self._send(FrameType.CANCEL, Cancel(), call.stream)

    def take(self, call: Call) -> bytes:
        """The next message of a stream that has one: the server may then send as many bytes more."""
        message = call.messages.popleft()
        call.taken_bytes += len(message)
        # Said when half of it is used up, so that few frames say it and the server never stands still.
        is_low = call.taken_bytes + STREAM_CREDIT_BYTES // 2 > call.credit_total
        if is_low and call.stream in self._calls and not self.is_closed:
            call.credit_total = call.taken_bytes + STREAM_CREDIT_BYTES
            self._send(FrameType.CREDIT, Credit(total_bytes=call.credit_total), call.stream)
        return message

    def go_away(self) -> None:
        """Says goodbye: the connection may be closed once this is written."""
        if not self.is_closed:
            self._send(FrameType.GOAWAY, GoAway())

    def _send(self, type_: FrameType, record: Record, stream: int = 0) -> None:
        self._frame(type_, record.encode(), stream, 0)

    def _frame(self, type_: FrameType, payload: bytes, stream: int, flags: int) -> None:
        self._outbound += encode_frame(type_, payload, stream, flags, self._has_checksum)

    # In

    def receive(self, data: bytes) -> None:
        """Takes bytes as they come. Raises ProtocolError when the server breaks the protocol; then `lost()` is due."""
        for frame in self._reader.read(data):
            self._handle(frame)

    def lost(self, reason: str) -> None:
        """The connection is gone: every call that is still open fails."""
        if self.is_closed:
            return
        self.is_closed = True
        farewell = self.farewell
        if farewell is not None and farewell.message:
            reason = farewell.message
        calls, self._calls = self._calls, {}
        for call in calls.values():
            is_executed_never = farewell is not None and call.stream > farewell.last_stream
            call.end(call.lost(f"the connection is gone: {reason}", is_executed_never))

    def _handle(self, frame: Frame) -> None:
        if self.greeting is None and frame.type not in (FrameType.HELLO_OK, FrameType.GOAWAY):
            raise ProtocolError(f"a frame {frame.type.name} came before HELLO_OK")
        match frame.type:
            case FrameType.HELLO_OK:
                self._greeted(_record(HelloOk, frame.payload, frame.type))
            case FrameType.STATUS:
                self._status(frame)
            case FrameType.DATA:
                self._data(frame)
            case FrameType.CREDIT:
                self._credit(frame)
            case FrameType.PING:
                self._frame(FrameType.PONG, frame.payload, 0, 0)
            case FrameType.PONG:
                pass
            case FrameType.GOAWAY:
                self.farewell = _record(GoAway, frame.payload, frame.type)
            case _:
                raise ProtocolError(f"a frame {frame.type.name} is for clients to send")

    def _greeted(self, greeting: HelloOk) -> None:
        if self.greeting is not None:
            raise ProtocolError("a second HELLO_OK came")
        if greeting.version != VERSION or not 4096 <= greeting.frame_bytes_max <= greeting.message_bytes_max:
            raise ProtocolError("the server greets with another version, or with limits that are none")
        self.greeting = greeting
        self._send_total = greeting.connection_credit
        self._has_checksum = not greeting.waive_checksum
        self._reader.has_checksum = self._has_checksum
        self._reader.frame_bytes_max = FRAME_BYTES_MAX

    def _received(self, byte_count: int) -> None:
        self._received_bytes += byte_count
        if self._received_bytes + CONNECTION_CREDIT_BYTES // 2 > self._credit_total:
            self._credit_total = self._received_bytes + CONNECTION_CREDIT_BYTES
            self._send(FrameType.CREDIT, Credit(total_bytes=self._credit_total))

    def _credit(self, frame: Frame) -> None:
        total = _record(Credit, frame.payload, frame.type).total_bytes
        # Totals: an older one says nothing new, and a stream that is over needs none.
        if frame.stream == 0:
            self._send_total = max(self._send_total, total)
            calls = [call for call in self._calls.values() if call.is_sending]
        else:
            calls = [call for call in [self._calls.get(frame.stream)] if call is not None]
            for call in calls:
                call.send_total = max(call.send_total, total)
        for call in calls:
            call.may_send()

    def _status(self, frame: Frame) -> None:
        head, body = split_head(frame.payload)
        status = _record(Status, head, frame.type)
        call = self._calls.pop(frame.stream, None)
        if call is None:
            raise ProtocolError(f"a STATUS came for stream {frame.stream}, which is not open")
        self._received(len(body))
        # Both sides end a stream of requests, so that the server knows what was under way.
        self.finish_sending(call)
        call.body = call.body or body
        call.sequence = status.sequence
        call.end(failure_of(status, call.body) if status.code else None)

    def _data(self, frame: Frame) -> None:
        call = self._calls.get(frame.stream)
        if call is None:
            raise ProtocolError(f"DATA came for stream {frame.stream}, which is not open")
        self._received(len(frame.payload))
        if len(call.partial) + len(frame.payload) > MESSAGE_BYTES_MAX:
            raise ProtocolError(f"a message exceeds the limit of {MESSAGE_BYTES_MAX} bytes")
        call.partial += frame.payload
        if frame.flags & MORE:
            return
        message = bytes(call.partial)
        call.partial.clear()
        if call.is_abandoned:
            return
        if call.is_streaming:
            call.messages.append(message)
            call.changed()
        else:
            call.body = message


def _record(cls: type[R], payload: bytes, type_: FrameType) -> R:
    try:
        return cls.decode(payload)
    except DecodingError as error:
        raise ProtocolError(f"a frame {type_.name} cannot be read: {error}") from None


def failure_of(status: Status, body: bytes) -> CallError:
    """The exception that a STATUS stands for: the refusal with its fields when this version knows it."""
    failure: CallError = CallError()
    cls: type[Refusal] | None = REFUSALS.get(status.error)
    if cls is not None:
        try:
            failure = decode(cls, Reader(body))
        except DecodingError:
            # The code and the server's text tell it as well.
            pass
    known_codes = {int(code) for code in StatusCode}
    failure.status = StatusCode(status.code) if status.code in known_codes else StatusCode.UNKNOWN
    failure.outcome = Outcome(status.outcome) if status.outcome <= Outcome.UNKNOWN else Outcome.UNKNOWN
    failure.server_text = status.message
    failure.retry_after_ms = status.retry_after_ms
    failure.resume_token = status.resume
    return failure
