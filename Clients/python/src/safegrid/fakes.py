"""Services that are not there, for tests of programs that call them: they remember requests and give planned answers.

    calls = FakeCalls()
    calls.answer("Hazard.show", Hazard(id=1))
    grid = Services(calls)
    assert grid.hazard.show(ShowHazard(number=number)).id == 1
    assert calls.requests("Hazard.show") == [ShowHazard(number=number)]

`FakeCalls` stands under `generated.services.Services`, `AsyncFakeCalls` under `AsyncServices`. Of requests that stream,
each is answered by itself; where one reply answers all, they are remembered and answered as a list.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Self

from .calls import (
    AsyncExchange,
    AsyncMessages,
    AsyncUpload,
    Exchange,
    Message,
    Messages,
    Method,
    Reply,
    Request,
    Upload,
)
from .wire import Record

Answer = Record | Sequence[Record] | BaseException | Callable[[Any], "Record | Sequence[Record]"]
"""A reply, the messages of a stream, an exception to raise, or a function of the request that gives a reply."""


class _Fake:
    def __init__(self) -> None:
        self._requests: dict[str, list[Any]] = defaultdict(list)
        self._options: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._lasting: dict[str, Answer] = {}
        self._planned: dict[str, deque[Answer]] = defaultdict(deque)

    def answer(self, method: str, answer: Answer) -> None:
        """Answers every call of the method from now on that no answer was planned for."""
        self._lasting[method] = answer

    def answer_once(self, method: str, answer: Answer) -> None:
        """Answers the next call of the method that no answer was planned for, once."""
        self._planned[method].append(answer)

    def requests(self, method: str) -> list[Any]:
        """The requests so far, in their order."""
        return list(self._requests[method])

    def options(self, method: str) -> list[dict[str, Any]]:
        """How each of them was made."""
        return list(self._options[method])

    def _call(self, method: Method[Any, Any], request: Any, options: dict[str, Any]) -> Any:
        self._requests[method.name].append(request)
        self._options[method.name].append(options)
        planned = self._planned[method.name]
        answer = planned.popleft() if planned else self._lasting.get(method.name)
        if answer is None:
            raise LookupError(f'the fake {method.name} has no answer; plan one with answer("{method.name}", …)')
        if isinstance(answer, BaseException):
            raise answer
        return answer(request) if callable(answer) else answer


def _arrived(method: Method[Any, Any], request: Any) -> Any:
    """The request as it would arrive: what cannot be encoded fails here, too."""
    return method.request.decode(request.encode())


class _FakeMessages:
    """Messages that were there before the stream began."""

    def __init__(self, messages: Sequence[Any]) -> None:
        self._messages = deque(messages)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if not self._messages:
            raise StopIteration
        return self._messages.popleft()

    def next(self, timeout: float | None = None) -> Any:
        return next(self, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._messages.clear()


class _AsyncFakeMessages:
    """The same for asyncio."""

    def __init__(self, messages: Sequence[Any]) -> None:
        self._messages = _FakeMessages(messages)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for message in self._messages:
            return message
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._messages.close()


class _FakeUpload:
    """Requests that one reply answers."""

    def __init__(self, fake: _Fake, method: Method[Any, Any], options: dict[str, Any]) -> None:
        self._fake = fake
        self._method = method
        self._options = options
        self._sent: list[Any] = []

    def send(self, request: Any) -> None:
        self._sent.append(_arrived(self._method, request))

    def finish(self) -> Any:
        return self._fake._call(self._method, self._sent, self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...

    def close(self) -> None: ...


class _AsyncFakeUpload:
    """The same for asyncio."""

    def __init__(self, upload: _FakeUpload) -> None:
        self._upload = upload

    async def send(self, request: Any) -> None:
        self._upload.send(request)

    async def finish(self) -> Any:
        return self._upload.finish()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None: ...

    def close(self) -> None: ...


class _FakeExchange(_FakeMessages):
    """Requests that are answered as they come."""

    def __init__(self, fake: _Fake, method: Method[Any, Any], options: dict[str, Any]) -> None:
        super().__init__([])
        self._fake = fake
        self._method = method
        self._options = options

    def send(self, request: Any) -> None:
        self._messages.append(self._fake._call(self._method, _arrived(self._method, request), self._options))

    def finish_sending(self) -> None: ...

    def answers(self, requests: Iterable[Any]) -> Iterator[Any]:
        for request in requests:
            self.send(request)
            yield next(self)


class _AsyncFakeExchange(_AsyncFakeMessages):
    """The same for asyncio."""

    def __init__(self, exchange: _FakeExchange) -> None:
        self._messages: _FakeExchange = exchange

    async def send(self, request: Any) -> None:
        self._messages.send(request)

    async def finish_sending(self) -> None: ...


class FakeCalls(_Fake):
    """What blocking clients call through."""

    def query(self, method: Method[Request, Reply], request: Request, **options: Any) -> Reply:
        reply: Reply = self._call(method, _arrived(method, request), options)
        return reply

    def command(self, method: Method[Request, Reply], request: Request, **options: Any) -> Reply:
        return self.query(method, request, **options)

    def stream(self, method: Method[Request, Message], request: Request, **options: Any) -> Messages[Message]:
        return _FakeMessages(self._call(method, _arrived(method, request), options))

    def upload(self, method: Method[Request, Reply], **options: Any) -> Upload[Request, Reply]:
        return _FakeUpload(self, method, options)

    def exchange(self, method: Method[Request, Message], **options: Any) -> Exchange[Request, Message]:
        return _FakeExchange(self, method, options)


class AsyncFakeCalls(_Fake):
    """What clients for asyncio call through."""

    async def query(self, method: Method[Request, Reply], request: Request, **options: Any) -> Reply:
        reply: Reply = self._call(method, _arrived(method, request), options)
        return reply

    async def command(self, method: Method[Request, Reply], request: Request, **options: Any) -> Reply:
        return await self.query(method, request, **options)

    def stream(self, method: Method[Request, Message], request: Request, **options: Any) -> AsyncMessages[Message]:
        return _AsyncFakeMessages(self._call(method, _arrived(method, request), options))

    def upload(self, method: Method[Request, Reply], **options: Any) -> AsyncUpload[Request, Reply]:
        return _AsyncFakeUpload(_FakeUpload(self, method, options))

    def exchange(self, method: Method[Request, Message], **options: Any) -> AsyncExchange[Request, Message]:
        return _AsyncFakeExchange(_FakeExchange(self, method, options))
