"""The client for asyncio."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from typing import Any, Generic, Self, Unpack

from .blocking import CLIENT_NAME
from .calls import CommandOptions, Message, Method, QueryOptions, Reply, Request, StreamOptions
from .connection import Call, Connection
from .endpoint import Endpoint, UnixEndpoint, parse_endpoint
from .errors import CallError, ConnectError, DecodingError, Outcome, ProtocolError, StatusCode
from .generated.gridwire import HelloOk
from .generated.services import AsyncServices
from .limits import DEADLINE_GRACE_SECONDS, HANDSHAKE_SECONDS
from .retry import Attempts, Memory


class _Link(asyncio.Protocol):
    """A transport and the connection over it, on one event loop."""

    def __init__(self) -> None:
        self.core = Connection(CLIENT_NAME)
        self.loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = self.loop.create_future()
        self.why_lost = "the server closed it"
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._waiting_for_room: deque[asyncio.Future[None]] = deque()

    @classmethod
    async def connect(cls, endpoint: Endpoint) -> _Link:
        """Connects and greets. Raises ConnectError. TLS will be given to the loop here."""
        loop = asyncio.get_running_loop()
        link: _Link | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                if isinstance(endpoint, UnixEndpoint):
                    _, link = await loop.create_unix_connection(cls, endpoint.path)
                else:
                    _, link = await loop.create_connection(cls, endpoint.host, endpoint.port)
                await link.greeted
        except TimeoutError as error:
            raise ConnectError(endpoint, "the server accepted the connection, but does not answer") from error
        except OSError as error:
            raise ConnectError(endpoint, error.strerror or str(error)) from error
        finally:
            if link is not None and link.core.greeting is None:
                link.close()
        if link.core.greeting is None:
            farewell = link.core.farewell
            raise ConnectError(endpoint, farewell.message if farewell and farewell.message else link.why_lost)
        return link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._may_write.set()
        self.flush()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        try:
            self.core.receive(data)
        except ProtocolError as error:
            self.why_lost = str(error)
            self.close()
            return
        if self.core.greeting is not None and not self.greeted.done():
            self.greeted.set_result(None)
        self._admit()
        self.flush()

    def _admit(self) -> None:
        """Lets one that waits for room look again; it lets the next one."""
        while self._waiting_for_room and self.core.has_room:
            waiter = self._waiting_for_room.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def connection_lost(self, exception: Exception | None) -> None:
        if exception is not None:
            self.why_lost = str(exception)
        self.core.lost(self.why_lost)
        self._may_write.set()
        self._admit()
        if not self.greeted.done():
            self.greeted.set_result(None)

    def flush(self) -> None:
        data = self.core.take_outbound()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        self.core.go_away()
        self.flush()
        self.core.lost(self.why_lost)
        if self._transport is not None:
            self._transport.close()

    async def begin(self, attempts: Attempts[Any, Any], is_streaming: bool = False) -> Call:
        """Opens a call once there is room to write and, for one that has a deadline, room among the open calls. Raises
        CallError."""
        await self._may_write.wait()
        while not is_streaming and not self.core.has_room:
            room = self.loop.create_future()
            self._waiting_for_room.append(room)
            await room
        call = self.core.open(
            attempts.method,
            attempts.body,
            is_streaming=is_streaming,
            timeout=None if is_streaming else attempts.remaining,
            key=attempts.request_key(),
            acting_for=attempts.acting_for,
            sequence_min=attempts.sequence_min,
        )
        self.flush()
        self._admit()
        return call

    async def wait(self, call: Call) -> None:
        """Until a message came, or the end."""
        change = self.loop.create_future()

        def changed() -> None:
            if not change.done():
                change.set_result(None)

        call.changed = changed
        await change

    def take(self, call: Call) -> bytes:
        message = self.core.take(call)
        self.flush()
        return message

    def abandon(self, call: Call) -> None:
        self.core.abandon(call)
        self.flush()


class _Stream(Generic[Message]):
    """See `AsyncMessages`. It is opened when the first message is asked for, or by `async with`."""

    def __init__(self, client: AsyncClient, attempts: Attempts[Any, Message]) -> None:
        self._client = client
        self._attempts = attempts
        self._link: _Link | None = None
        self._call: Call | None = None
        self._is_closed = False

    async def _open(self) -> tuple[_Link, Call]:
        if self._link is None or self._call is None:
            self._link, self._call = await self._client._open(self._attempts)
        return self._link, self._call

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        if self._is_closed:
            raise StopAsyncIteration
        link, call = await self._open()
        while not call.messages:
            if self._is_closed:
                raise StopAsyncIteration
            if call.is_ended:
                if call.failure is not None:
                    raise call.failure
                raise StopAsyncIteration
            await link.wait(call)
        try:
            return self._attempts.method.reply.decode(link.take(call))
        except DecodingError as error:
            self.close()
            text = f"a message cannot be read: {error}"
            raise CallError.of(StatusCode.INTERNAL, Outcome.QUERY, text, call.method.name) from error

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream from this side."""
        self._is_closed = True
        if self._link is not None and self._call is not None:
            changed = self._call.changed
            self._link.abandon(self._call)
            changed()

    def __del__(self) -> None:
        link, call = self._link, self._call
        if link is not None and call is not None and not call.is_ended and not link.loop.is_closed():
            link.loop.call_soon_threadsafe(link.abandon, call)


class AsyncClient(AsyncServices):
    """A client for asyncio, on one event loop; its calls share one connection, which is made anew when it is lost.

    A call that fails raises `CallError`, or the `Refusal` that the domain gave; what may be repeated has been by then. A
    call whose task is cancelled is given up; of a command nobody knows then whether it was executed.
    """

    def __init__(self, endpoint: Endpoint, link: _Link, memory: Memory) -> None:
        """Use `AsyncClient.connect`."""
        super().__init__(self)
        self.endpoint = endpoint
        self._link = link
        self._memory = memory
        self._connecting = asyncio.Lock()
        self._is_closed = False

    @classmethod
    async def connect(cls, endpoint: str) -> Self:
        """Connects to `unix:PATH` or `tcp://HOST:PORT`. Raises ConnectError."""
        where = parse_endpoint(endpoint)
        link = await _Link.connect(where)
        memory = Memory()
        assert link.core.greeting is not None
        memory.greeted(link.core.greeting)
        return cls(where, link, memory)

    @property
    def greeting(self) -> HelloOk:
        """What the server said of itself, and of this client: principal, roles, history."""
        assert self._memory.greeting is not None
        return self._memory.greeting

    @property
    def sequence(self) -> int:
        """The newest journal entry that a reply of this client spoke of: `sequence_min` for somebody who must see it."""
        return self._memory.sequence

    def new_request_key(self) -> uuid.UUID:
        """A key for a command, for who writes it down before the command is sent."""
        return self._memory.keys.next()

    async def close(self) -> None:
        """Ends the connection; calls that are still open fail."""
        self._is_closed = True
        self._link.why_lost = "this client closed it"
        self._link.close()
        # The transport closes in the loop's next turn.
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _connected(self, attempts: Attempts[Any, Any]) -> _Link:
        """Raises CallError."""
        try:
            async with self._connecting:
                if not self._link.core.is_usable:
                    if self._is_closed:
                        raise ConnectError(self.endpoint, "this client was closed")
                    self._link = await _Link.connect(self.endpoint)
                    assert self._link.core.greeting is not None
                    self._memory.greeted(self._link.core.greeting)
                return self._link
        except ConnectError as error:
            failure = attempts.not_connected(error)
            if self._is_closed:
                failure.retry_after_ms = None
            raise failure from error

    async def _attempt(self, attempts: Attempts[Any, Reply]) -> Reply:
        link = await self._connected(attempts)
        call: Call | None = None
        try:
            async with asyncio.timeout(attempts.deadline - time.monotonic() + DEADLINE_GRACE_SECONDS):
                call = await link.begin(attempts)
                while not call.is_ended:
                    await link.wait(call)
        except TimeoutError:
            raise attempts.too_late(is_sent=call is not None) from None
        finally:
            if call is not None and not call.is_ended:
                link.abandon(call)
        return attempts.reply(call)

    async def _unary(self, attempts: Attempts[Any, Reply]) -> Reply:
        while True:
            try:
                return await self._attempt(attempts)
            except CallError as failure:
                wait = attempts.after(failure)
            await asyncio.sleep(wait)

    async def _open(self, attempts: Attempts[Any, Any]) -> tuple[_Link, Call]:
        while True:
            try:
                link = await self._connected(attempts)
                return link, await link.begin(attempts, is_streaming=True)
            except CallError as failure:
                wait = attempts.after(failure)
            await asyncio.sleep(wait)

    async def query(self, method: Method[Request, Reply], request: Request, **options: Unpack[QueryOptions]) -> Reply:
        return await self._unary(Attempts(self._memory, method, request, **options))

    async def command(
        self, method: Method[Request, Reply], request: Request, **options: Unpack[CommandOptions]
    ) -> Reply:
        return await self._unary(Attempts(self._memory, method, request, **options))

    def stream(
        self, method: Method[Request, Message], request: Request, **options: Unpack[StreamOptions]
    ) -> _Stream[Message]:
        return _Stream(self, Attempts(self._memory, method, request, **options))
