"""What the generated clients call through, and how a call may be made."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypedDict, TypeVar, Unpack

from .errors import Refusal
from .wire import Record

Request = TypeVar("Request", bound=Record)
Reply = TypeVar("Reply", bound=Record)
Message = TypeVar("Message", bound=Record)
Taken = TypeVar("Taken", covariant=True)


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


class CommandOptions(TypedDict, total=False):
    """How a command may be made."""

    timeout: float
    """Seconds for the whole call, its repetitions included. Default: the method's own deadline."""
    acting_for: str
    """The person for whom the caller speaks; needs the role `delegate` over that person."""
    request_key: uuid.UUID
    """The key of a command that is sent again; otherwise the client makes one."""


class StreamOptions(TypedDict, total=False):
    """How a streaming query may be made. It has no deadline of its own."""

    acting_for: str
    """The person for whom the caller speaks; needs the role `delegate` over that person."""
    sequence_min: int
    """The stream begins from a state that contains at least this journal entry."""


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


class BlockingCalls(Protocol):
    def query(self, method: Method[Request, Reply], request: Request, **options: Unpack[QueryOptions]) -> Reply: ...
    def command(self, method: Method[Request, Reply], request: Request, **options: Unpack[CommandOptions]) -> Reply: ...
    def stream(
        self, method: Method[Request, Message], request: Request, **options: Unpack[StreamOptions]
    ) -> Messages[Message]: ...
