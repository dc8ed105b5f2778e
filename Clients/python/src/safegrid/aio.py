"""The client for asyncio."""

from __future__ import annotations

import asyncio
import ssl
import time
import uuid
from collections import deque
from typing import Any, Generic, Self, Unpack

from .blocking import CLIENT_NAME
from .calls import CommandOptions, ExchangeOptions, Message, Method, QueryOptions, Reply, Request, StreamOptions
from .connection import Call, Connection
from .endpoint import Endpoint, TLSEndpoint, UnixEndpoint, parse_endpoint
from .errors import CallError, ConnectError, DecodingError, Outcome, ProtocolError, StatusCode
from .generated.gridwire import HelloOk
from .generated.services import AsyncServices
from .identity import Identity
from .limits import DEADLINE_GRACE_SECONDS, GOODBYE_SECONDS, HANDSHAKE_SECONDS
from .retry import Attempts, Memory


class _Link(asyncio.Protocol):
    """A transport and the connection over it, on one event loop."""

    def __init__(self, token: str | None) -> None:
        self.core = Connection(CLIENT_NAME, token)
        self.loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = self.loop.create_future()
        self.why_lost = "the server closed it"
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._is_gone = asyncio.Event()
        self._waiting_for_room: deque[asyncio.Future[None]] = deque()

    @classmethod
    async def connect(cls, endpoint: Endpoint, identity: Identity) -> _Link:
        """Connects and greets. Raises ConnectError."""
        loop = asyncio.get_running_loop()
        tls = identity.tls if isinstance(endpoint, TLSEndpoint) else None

        def make() -> _Link:
            return cls(identity.token)

        link: _Link | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                if isinstance(endpoint, UnixEndpoint):
                    _, link = await loop.create_unix_connection(make, endpoint.path)
                else:
                    _, link = await loop.create_connection(make, endpoint.host, endpoint.port, ssl=tls)
                await link.greeted
        except TimeoutError as error:
            raise ConnectError(endpoint, "the server accepted the connection, but does not answer") from error
        except OSError as error:
            raise ConnectError(endpoint, error.strerror or str(error)) from error
        finally:
            if link is not None and link.core.greeting is None:
                await link.gone()
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
        self._is_gone.set()
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

    async def gone(self) -> None:
        """Closes, and waits until the transport is gone: TLS says goodbye, and waits for the peer's."""
        self.close()
        if self._transport is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._is_gone.wait()
        except TimeoutError:
            self._transport.abort()
            await self._is_gone.wait()

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
            timeout=attempts.allowed(is_streaming),
            key=attempts.request_key(),
            acting_for=attempts.acting_for,
            sequence_min=attempts.sequence_min,
            resume=attempts.resume,
            trace_parent=attempts.trace_parent,
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

    async def send(self, call: Call, message: bytes) -> None:
        """Sends a request when the server takes it. Raises what the call ended with."""
        await self._may_write.wait()
        while not call.is_ended and not self.core.send(call, message):
            room = self.loop.create_future()

            def may_send(room: asyncio.Future[None] = room) -> None:
                if not room.done():
                    room.set_result(None)

            call.may_send = may_send
            await room
            await self._may_write.wait()
        self.flush()
        if call.is_ended:
            raise call.failure or CallError.of(
                StatusCode.FAILED_PRECONDITION, Outcome.NOT_EXECUTED, "the server ended the stream", call.method.name
            )

    def finish_sending(self, call: Call) -> None:
        self.core.finish_sending(call)
        self.flush()

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


class _Exchange(_Stream[Message], Generic[Request, Message]):
    """See `AsyncExchange`. It is opened when the first request is sent or message asked for, or by `async with`."""

    async def send(self, request: Request) -> None:
        link, call = await self._open()
        await link.send(call, request.encode())

    async def finish_sending(self) -> None:
        link, call = await self._open()
        link.finish_sending(call)


class _Upload(Generic[Request, Reply]):
    """See `AsyncUpload`. It is opened when the first request is sent, or by `async with`."""

    def __init__(self, client: AsyncClient, attempts: Attempts[Request, Reply]) -> None:
        self._client = client
        self._attempts = attempts
        self._link: _Link | None = None
        self._call: Call | None = None

    async def _open(self) -> tuple[_Link, Call]:
        if self._link is None or self._call is None:
            self._link, self._call = await self._client._open(self._attempts, is_streaming=False)
        return self._link, self._call

    async def send(self, request: Request) -> None:
        link, call = await self._open()
        await link.send(call, request.encode())

    async def finish(self) -> Reply:
        link, call = await self._open()
        link.finish_sending(call)
        while not call.is_ended:
            await link.wait(call)
        return self._attempts.reply(call)

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the call from this side."""
        if self._link is not None and self._call is not None:
            self._link.abandon(self._call)

    def __del__(self) -> None:
        link, call = self._link, self._call
        if link is not None and call is not None and not call.is_ended and not link.loop.is_closed():
            link.loop.call_soon_threadsafe(link.abandon, call)


class AsyncClient(AsyncServices):
    """A client for asyncio, on one event loop; its calls share one connection, which is made anew when it is lost.

    A call that fails raises `CallError`, or the `Refusal` that the domain gave; what may be repeated has been by then. A
    call whose task is cancelled is given up; of a command nobody knows then whether it was executed.
    """

    def __init__(self, endpoint: Endpoint, identity: Identity, link: _Link, memory: Memory) -> None:
        """Use `AsyncClient.connect`."""
        super().__init__(self)
        self.endpoint = endpoint
        self._identity = identity
        self._link = link
        self._memory = memory
        self._connecting = asyncio.Lock()
        self._is_closed = False

    @classmethod
    async def connect(cls, endpoint: str, *, token: str | None = None, tls: ssl.SSLContext | None = None) -> Self:
        """Connects to `unix:PATH`, `tcp://HOST:PORT` or `tls://HOST:PORT`. Raises ConnectError.

        `token` says who calls, `tls` whom to trust and what to show: see `tls_context`."""
        where = parse_endpoint(endpoint)
        identity = Identity.of(where, token, tls)
        link = await _Link.connect(where, identity)
        memory = Memory()
        assert link.core.greeting is not None
        memory.greeted(link.core.greeting)
        return cls(where, identity, link, memory)

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
        await self._link.gone()

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
                    self._link = await _Link.connect(self.endpoint, self._identity)
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

    async def _open(self, attempts: Attempts[Any, Any], is_streaming: bool = True) -> tuple[_Link, Call]:
        while True:
            try:
                link = await self._connected(attempts)
                return link, await link.begin(attempts, is_streaming)
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

    def upload(self, method: Method[Request, Reply], **options: Unpack[ExchangeOptions]) -> _Upload[Request, Reply]:
        return _Upload(self, Attempts(self._memory, method, None, **options))

    def exchange(
        self, method: Method[Request, Message], **options: Unpack[ExchangeOptions]
    ) -> _Exchange[Request, Message]:
        return _Exchange(self, Attempts(self._memory, method, None, **options))
