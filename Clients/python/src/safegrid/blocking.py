"""The blocking client: sockets, and threads that share one connection."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Self, Unpack

from .calls import CommandOptions, ExchangeOptions, Message, Method, QueryOptions, Reply, Request, StreamOptions
from .connection import Call, Connection
from .endpoint import Endpoint, TLSEndpoint, UnixEndpoint, parse_endpoint
from .errors import CallError, ConnectError, DecodingError, Outcome, ProtocolError, StatusCode
from .generated.gridwire import HelloOk
from .generated.services import Services
from .identity import Identity
from .limits import DEADLINE_GRACE_SECONDS, HANDSHAKE_SECONDS, KEEP_SECONDS, READ_BYTES
from .retry import Attempts, Memory

CLIENT_NAME = "safegrid-python"
"""What the server's log calls this client."""


_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""The socket has nothing to read, or no room to write."""


def _connect(endpoint: Endpoint, identity: Identity) -> socket.socket:
    """Opens the socket, with TLS around it where the endpoint says so."""
    if isinstance(endpoint, UnixEndpoint):
        unix = socket.socket(socket.AF_UNIX)
        try:
            unix.settimeout(HANDSHAKE_SECONDS)
            unix.connect(endpoint.path)
        except BaseException:
            unix.close()
            raise
        return unix
    tcp = socket.create_connection((endpoint.host, endpoint.port), HANDSHAKE_SECONDS)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not isinstance(endpoint, TLSEndpoint):
        return tcp
    assert identity.tls is not None
    try:
        return identity.tls.wrap_socket(tcp, server_hostname=endpoint.host)
    except BaseException:
        tcp.close()
        raise


class _Link:
    """A socket and the connection over it. Of the threads that wait for something, one reads for all."""

    def __init__(self, endpoint: Endpoint, identity: Identity) -> None:
        """Connects and greets. Raises ConnectError."""
        self.core = Connection(CLIENT_NAME, identity.token)
        self._changed = threading.Condition()
        self._is_reading = False
        self._unsent = bytearray()
        self._forgotten: deque[Call] = deque()
        try:
            self._socket = _connect(endpoint, identity)
        except OSError as error:
            raise ConnectError(endpoint, error.strerror or str(error)) from error
        self._socket.setblocking(False)
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        self._why_lost = "the server closed it"
        self._ended = threading.Event()
        deadline = time.monotonic() + HANDSHAKE_SECONDS
        is_greeted = self.wait(lambda: self.core.greeting is not None or self.core.is_closed, deadline)
        if self.core.greeting is None:
            farewell = self.core.farewell
            reason = self._why_lost if is_greeted else "the server accepted the connection, but does not answer"
            self.close()
            raise ConnectError(endpoint, farewell.message if farewell and farewell.message else reason)
        threading.Thread(target=_keep, args=(weakref.ref(self), self._ended), name=CLIENT_NAME, daemon=True).start()

    def look(self) -> None:
        """Reads and answers what has come, if nobody waits for it."""
        with self._changed:
            if not self._is_reading:
                self._read()
                self._changed.notify_all()

    def begin(self, attempts: Attempts[Any, Any], is_streaming: bool = False) -> Call:
        """Opens a call. Raises CallError."""
        with self._changed:
            if not self._is_reading:
                # Notice a server that went away while nobody called.
                self._read()
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
            self._flush()
            return call

    def wait(self, is_done: Callable[[], bool], deadline: float | None) -> bool:
        """Moves bytes until it is so; False when the deadline came before."""
        with self._changed:
            while True:
                self._flush()
                if is_done():
                    return True
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return False
                if self._is_reading:
                    self._changed.wait(remaining)
                    continue
                self._select(remaining)

    def _select(self, timeout: float | None) -> None:
        """Waits for the socket without the lock, then reads with it."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        self._selector.modify(self._socket, events)
        self._is_reading = True
        self._changed.release()
        try:
            self._selector.select(timeout)
        finally:
            self._changed.acquire()
            self._is_reading = False
            self._changed.notify_all()
        try:
            self._wake_receiver.recv(4096)
        except BlockingIOError:
            pass
        self._read()

    def _read(self) -> None:
        if self.core.is_closed:
            return self._close_socket()
        try:
            data = self._socket.recv(READ_BYTES)
            # What TLS has decrypted already wakes nobody who waits for the socket.
            while isinstance(self._socket, ssl.SSLSocket) and (pending := self._socket.pending()):
                data += self._socket.recv(pending)
        except _NOT_NOW:
            return None
        except OSError as error:
            return self._lose(error.strerror or str(error))
        if not data:
            return self._lose("the server closed it")
        try:
            self.core.receive(data)
        except ProtocolError as error:
            return self._lose(str(error))
        return self._flush()

    def _flush(self) -> None:
        while self._forgotten:
            self.core.abandon(self._forgotten.popleft())
        self._unsent += self.core.take_outbound()
        if self.core.is_closed or not self._unsent:
            return
        try:
            sent = self._socket.send(self._unsent)
            del self._unsent[:sent]
        except _NOT_NOW:
            pass
        except OSError as error:
            # What the server said before it went away still stands in the socket.
            self._lose(error.strerror or str(error))
            return
        if self._unsent and self._is_reading:
            # Whoever waits for the socket must wait for room in it as well.
            self._wake()

    def _wake(self) -> None:
        try:
            self._wake_sender.send(b"\0")
        except OSError:
            pass

    def _lose(self, reason: str) -> None:
        self._why_lost = reason
        self.core.lost(reason)
        self._changed.notify_all()
        self._close_socket()

    def _close_socket(self) -> None:
        if self._is_reading:
            # The thread that waits for it closes it.
            self._wake()
            return
        self._ended.set()
        for part in (self._selector, self._socket, self._wake_receiver, self._wake_sender):
            part.close()

    def forget(self, call: Call) -> None:
        """Nobody waits for the call any more. Takes no lock: it may come from the garbage collector."""
        self._forgotten.append(call)

    def take(self, call: Call) -> bytes:
        with self._changed:
            message = self.core.take(call)
            self._flush()
            return message

    def send(self, call: Call, message: bytes, or_until: Callable[[], bool] = lambda: False) -> bool:
        """Sends a request when the server takes it; False when `or_until` came first. Raises what the call ended with."""
        is_sent = False

        def is_done() -> bool:
            nonlocal is_sent
            is_sent = not call.is_ended and self.core.send(call, message)
            return is_sent or call.is_ended or or_until()

        self.wait(is_done, None)
        with self._changed:
            self._flush()
        if call.is_ended and not is_sent:
            raise call.failure or CallError.of(
                StatusCode.FAILED_PRECONDITION, Outcome.NOT_EXECUTED, "the server ended the stream", call.method.name
            )
        return is_sent

    def finish_sending(self, call: Call) -> None:
        with self._changed:
            self.core.finish_sending(call)
            self._flush()

    def abandon(self, call: Call) -> None:
        with self._changed:
            self.core.abandon(call)
            self._flush()
            self._changed.notify_all()
            self._wake()

    def close(self) -> None:
        with self._changed:
            if not self.core.is_closed:
                self.core.go_away()
                self._flush()
                self._lose("this client closed it")


def _keep(link: weakref.ref[_Link], ended: threading.Event) -> None:
    """Answers the server's PINGs while no thread calls, until the connection ends or nobody holds it any more."""
    while not ended.wait(KEEP_SECONDS):
        held = link()
        if held is None:
            return
        held.look()
        del held


class _Stream(Generic[Message]):
    """See `Messages`."""

    def __init__(self, link: _Link, call: Call, message: type[Message]) -> None:
        self._link = link
        self._call = call
        self._message = message

    def next(self, timeout: float | None = None) -> Message | None:
        call = self._call
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._link.wait(lambda: bool(call.messages) or call.is_ended or call.is_abandoned, deadline):
            raise TimeoutError(f"{call.method.name}: no message came within {timeout} s")
        if call.messages:
            try:
                return self._message.decode(self._link.take(call))
            except DecodingError as error:
                self.close()
                text = f"a message cannot be read: {error}"
                raise CallError.of(StatusCode.INTERNAL, Outcome.QUERY, text, call.method.name) from error
        if call.failure is not None and not call.is_abandoned:
            raise call.failure
        return None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Message:
        message = self.next()
        if message is None:
            raise StopIteration
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream from this side."""
        self._link.abandon(self._call)

    def __del__(self) -> None:
        if not self._call.is_ended:
            self._link.forget(self._call)


class _Exchange(_Stream[Message], Generic[Request, Message]):
    """See `Exchange`."""

    def send(self, request: Request) -> None:
        self._link.send(self._call, request.encode())

    def finish_sending(self) -> None:
        self._link.finish_sending(self._call)

    def answers(self, requests: Iterable[Request]) -> Iterator[Message]:
        call = self._call
        for request in requests:
            body = request.encode()
            while not self._link.send(call, body, or_until=lambda: bool(call.messages)):
                yield next(self)
        self.finish_sending()
        yield from self


class _Upload(Generic[Request, Reply]):
    """See `Upload`."""

    def __init__(self, link: _Link, call: Call, attempts: Attempts[Request, Reply]) -> None:
        self._link = link
        self._call = call
        self._attempts = attempts

    def send(self, request: Request) -> None:
        self._link.send(self._call, request.encode())

    def finish(self) -> Reply:
        self._link.finish_sending(self._call)
        self._link.wait(lambda: self._call.is_ended or self._call.is_abandoned, None)
        return self._attempts.reply(self._call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the call from this side."""
        self._link.abandon(self._call)

    def __del__(self) -> None:
        if not self._call.is_ended:
            self._link.forget(self._call)


class Client(Services):
    """A client that blocks. Threads may share it; its calls share one connection, which is made anew when it is lost.

    A call that fails raises `CallError`, or the `Refusal` that the domain gave; what may be repeated has been by then.
    """

    def __init__(self, endpoint: Endpoint, identity: Identity, link: _Link, memory: Memory) -> None:
        """Use `Client.connect`."""
        super().__init__(self)
        self.endpoint = endpoint
        self._identity = identity
        self._link = link
        self._memory = memory
        self._connecting = threading.Lock()
        self._is_closed = False

    @classmethod
    def connect(cls, endpoint: str, *, token: str | None = None, tls: ssl.SSLContext | None = None) -> Self:
        """Connects to `unix:PATH`, `tcp://HOST:PORT` or `tls://HOST:PORT`. Raises ConnectError.

        `token` says who calls, `tls` whom to trust and what to show: see `tls_context`."""
        where = parse_endpoint(endpoint)
        identity = Identity.of(where, token, tls)
        link = _Link(where, identity)
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

    def close(self) -> None:
        """Ends the connection; calls that are still open fail."""
        self._is_closed = True
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _connected(self, attempts: Attempts[Any, Any]) -> _Link:
        """Raises CallError."""
        try:
            with self._connecting:
                if not self._link.core.is_usable:
                    if self._is_closed:
                        raise ConnectError(self.endpoint, "this client was closed")
                    self._link = _Link(self.endpoint, self._identity)
                    assert self._link.core.greeting is not None
                    self._memory.greeted(self._link.core.greeting)
                return self._link
        except ConnectError as error:
            failure = attempts.not_connected(error)
            if self._is_closed:
                failure.retry_after_ms = None
            raise failure from error

    def _attempt(self, attempts: Attempts[Any, Reply]) -> Reply:
        link = self._connected(attempts)
        # Another thread may take the room meanwhile; then the call is repeated.
        link.wait(lambda: link.core.has_room, attempts.deadline)
        call = link.begin(attempts)
        try:
            if not link.wait(lambda: call.is_ended, attempts.deadline + DEADLINE_GRACE_SECONDS):
                raise attempts.too_late(is_sent=True)
        finally:
            if not call.is_ended:
                link.abandon(call)
        return attempts.reply(call)

    def _unary(self, attempts: Attempts[Any, Reply]) -> Reply:
        while True:
            try:
                return self._attempt(attempts)
            except CallError as failure:
                wait = attempts.after(failure)
            time.sleep(wait)

    def query(self, method: Method[Request, Reply], request: Request, **options: Unpack[QueryOptions]) -> Reply:
        return self._unary(Attempts(self._memory, method, request, **options))

    def command(self, method: Method[Request, Reply], request: Request, **options: Unpack[CommandOptions]) -> Reply:
        return self._unary(Attempts(self._memory, method, request, **options))

    def stream(
        self, method: Method[Request, Message], request: Request, **options: Unpack[StreamOptions]
    ) -> _Stream[Message]:
        link, call = self._open(Attempts(self._memory, method, request, **options))
        return _Stream(link, call, method.reply)

    def upload(self, method: Method[Request, Reply], **options: Unpack[ExchangeOptions]) -> _Upload[Request, Reply]:
        attempts = Attempts(self._memory, method, None, **options)
        link, call = self._open(attempts, is_streaming=False)
        return _Upload(link, call, attempts)

    def exchange(
        self, method: Method[Request, Message], **options: Unpack[ExchangeOptions]
    ) -> _Exchange[Request, Message]:
        link, call = self._open(Attempts(self._memory, method, None, **options))
        return _Exchange(link, call, method.reply)

    def _open(self, attempts: Attempts[Any, Any], is_streaming: bool = True) -> tuple[_Link, Call]:
        while True:
            try:
                link = self._connected(attempts)
                return link, link.begin(attempts, is_streaming)
            except CallError as failure:
                wait = attempts.after(failure)
            time.sleep(wait)
