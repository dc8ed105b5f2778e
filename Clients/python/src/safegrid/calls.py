"""What the generated clients call through, and how a call may be made."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypedDict, TypeVar, Unpack

from .errors import Refusal
from .wire import Record

Request = TypeVar("Request", bound=Record)
Reply = TypeVar("Reply", bound=Record)
Message = TypeVar("Message", bound=Record)
Taken = TypeVar("Taken", covariant=True)
Given = TypeVar("Given", contravariant=True)


@dataclass(frozen=True, slots=True)
class Method(Generic[Request, Reply]):
    """A method as the IDL declares it."""

    number: int
    """service × 256 + method"""
    name: str
    """For example `Hazard.submit`."""
    request: type[Request]
    reply: type[Reply]
    is_command: bool
    """A command changes something, carries a request key, and is applied at most once."""
    deadline_seconds: int
    """The longest that the server works on a call, and this client's default."""
    takes_stream: bool = False
    """Many requests, each a command of its own with its own request key."""
    refusals: tuple[type[Refusal], ...] = ()
    """Those of its own, in the order of precedence."""


class QueryOptions(TypedDict, total=False):
    """How a query may be made."""

    timeout: float
    """Seconds for the whole call, its repetitions included. Default: the method's own deadline."""
    acting_for: str
    """The person for whom the caller speaks; needs the role `delegate` over that person."""
    sequence_min: int
    """The query is answered from a state that contains at least this journal entry."""
    trace_parent: str
    """The span that makes the call, as a W3C traceparent of version 00; the server's log names it. What is none is passed
    over."""


class CommandOptions(TypedDict, total=False):
    """How a command may be made."""

    timeout: float
    """Seconds for the whole call, its repetitions included. Default: the method's own deadline."""
    acting_for: str
    """The person for whom the caller speaks; needs the role `delegate` over that person."""
    request_key: uuid.UUID
    """The key of a command that is sent again; otherwise the client makes one."""
    trace_parent: str
    """The span that makes the call, as a W3C traceparent of version 00; the server's log names it. What is none is passed
    over."""


class StreamOptions(TypedDict, total=False):
    """How a streaming query may be made."""

    timeout: float
    """Seconds for the whole stream. Default: it lasts as long as both sides want it to."""
    resume: bytes
    """Goes on where an earlier stream of the same request ended: the `resume_token` of its CallError."""
    acting_for: str
    """The person for whom the caller speaks; needs the role `delegate` over that person."""
    sequence_min: int
    """The stream begins from a state that contains at least this journal entry."""
    trace_parent: str
    """The span that makes the call, as a W3C traceparent of version 00; the server's log names it. What is none is passed
    over."""


class ExchangeOptions(TypedDict, total=False):
    """How a call may be made whose requests stream."""

    timeout: float
    """Seconds for the whole stream. Default: it lasts as long as both sides want it to."""
    acting_for: str
    """The person for whom the caller speaks where a request names nobody; needs the role `delegate` over that person."""
    trace_parent: str
    """The span that makes the call, as a W3C traceparent of version 00; the server's log names it. What is none is passed
    over."""


class AsyncMessages(Protocol[Taken]):
    """The messages of a stream; leaving `async with`, or letting go of it, ends the stream. One task takes from it."""

    def __aiter__(self) -> AsyncIterator[Taken]: ...
    async def __anext__(self) -> Taken: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exception: object) -> None: ...
    def close(self) -> None: ...


class Messages(Protocol[Taken]):
    """The messages of a stream; leaving `with`, or letting go of it, ends the stream. One thread takes from it."""

    def __iter__(self) -> Iterator[Taken]: ...
    def __next__(self) -> Taken: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    def next(self, timeout: float | None = None) -> Taken | None:
        """The next message; None at the orderly end. Raises TimeoutError after so many seconds; the stream goes on."""
        ...

    def close(self) -> None: ...


class AsyncUpload(Protocol[Given, Taken]):
    """Many requests and one reply. Leaving `async with` before the reply, or letting go of it, ends the call: what was sent
    last may have been executed then. One task sends."""

    async def send(self, request: Given) -> None:
        """Sends a request; waits as long as the server is busy with earlier ones. Raises CallError."""
        ...

    async def finish(self) -> Taken:
        """Says that all were sent, and waits for the reply. Raises CallError."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exception: object) -> None: ...
    def close(self) -> None: ...


class AsyncExchange(AsyncMessages[Taken], Protocol[Given, Taken]):
    """Many requests, and a message for each as it is decided. One task sends and one takes: the server takes no more
    requests while nobody takes its messages."""

    async def send(self, request: Given) -> None:
        """Sends a request; waits as long as the server takes no more. Raises CallError."""
        ...

    async def finish_sending(self) -> None:
        """Says that all were sent; the messages end when they are answered."""
        ...


class Upload(Protocol[Given, Taken]):
    """Many requests and one reply. Leaving `with` before the reply, or letting go of it, ends the call: what was sent last
    may have been executed then. One thread sends."""

    def send(self, request: Given) -> None:
        """Sends a request; waits as long as the server is busy with earlier ones. Raises CallError."""
        ...

    def finish(self) -> Taken:
        """Says that all were sent, and waits for the reply. Raises CallError."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    def close(self) -> None: ...


class Exchange(Messages[Taken], Protocol[Given, Taken]):
    """Many requests, and a message for each as it is decided. One thread sends and one takes: the server takes no more
    requests while nobody takes its messages. One thread does both with `answers`."""

    def send(self, request: Given) -> None:
        """Sends a request; waits as long as the server takes no more. Raises CallError."""
        ...

    def finish_sending(self) -> None:
        """Says that all were sent; the messages end when they are answered."""
        ...

    def answers(self, requests: Iterable[Given]) -> Iterator[Taken]:
        """Sends these requests, and no more; yields the messages as they come. Raises CallError."""
        ...


class AsyncCalls(Protocol):
    async def query(
        self, method: Method[Request, Reply], request: Request, **options: Unpack[QueryOptions]
    ) -> Reply: ...
    async def command(
        self, method: Method[Request, Reply], request: Request, **options: Unpack[CommandOptions]
    ) -> Reply: ...
    def stream(
        self, method: Method[Request, Message], request: Request, **options: Unpack[StreamOptions]
    ) -> AsyncMessages[Message]: ...
    def upload(
        self, method: Method[Request, Reply], **options: Unpack[ExchangeOptions]
    ) -> AsyncUpload[Request, Reply]: ...
    def exchange(
        self, method: Method[Request, Message], **options: Unpack[ExchangeOptions]
    ) -> AsyncExchange[Request, Message]: ...


class BlockingCalls(Protocol):
    def query(self, method: Method[Request, Reply], request: Request, **options: Unpack[QueryOptions]) -> Reply: ...
    def command(self, method: Method[Request, Reply], request: Request, **options: Unpack[CommandOptions]) -> Reply: ...
    def stream(
        self, method: Method[Request, Message], request: Request, **options: Unpack[StreamOptions]
    ) -> Messages[Message]: ...
    def upload(self, method: Method[Request, Reply], **options: Unpack[ExchangeOptions]) -> Upload[Request, Reply]: ...
    def exchange(
        self, method: Method[Request, Message], **options: Unpack[ExchangeOptions]
    ) -> Exchange[Request, Message]: ...
