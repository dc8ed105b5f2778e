"""Which calls are repeated, when, and what the caller hears in the end. No I/O, no waiting: both clients ask it.

A query is repeated when the server advises it, or when the connection was lost. A command is besides repeated when its
outcome is unknown, always with the same bytes and the same request key: it is applied at most once. Nothing is repeated
behind the call's deadline, or once the client's retry budget is spent.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from typing import Generic

from .calls import Method, Reply, Request
from .connection import Call
from .errors import CallError, ConnectError, DecodingError, Outcome, StatusCode
from .generated.errors import InvalidArgument, UnknownField
from .generated.gridwire import HelloOk
from .limits import RETRY_BUDGET, RETRY_BUDGET_PER_SECOND, RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS
from .request_keys import RequestKeys


class RetryBudget:
    """What all calls of a client may still repeat. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = float(RETRY_BUDGET)
        self._at = time.monotonic()

    def spend(self) -> bool:
        """Takes one repetition; False when none is left."""
        with self._lock:
            now = time.monotonic()
            self._left = min(float(RETRY_BUDGET), self._left + (now - self._at) * RETRY_BUDGET_PER_SECOND)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Memory:
    """What a client remembers from call to call, over all its connections."""

    def __init__(self) -> None:
        self.keys = RequestKeys()
        self.budget = RetryBudget()
        self.sequence = 0
        self.greeting: HelloOk | None = None

    def greeted(self, greeting: HelloOk) -> None:
        if self.greeting is not None and self.greeting.history_id != greeting.history_id:
            # A backup was restored: its journal counts anew.
            self.sequence = 0
        self.greeting = greeting
        self.keys.follow(greeting.server_time_ms)


class Attempts(Generic[Request, Reply]):
    """The attempts of one call."""

    def __init__(
        self,
        memory: Memory,
        method: Method[Request, Reply],
        request: Request | None,
        *,
        timeout: float | None = None,
        acting_for: str | None = None,
        request_key: uuid.UUID | None = None,
        sequence_min: int = 0,
        resume: bytes | None = None,
        trace_parent: str | None = None,
    ) -> None:
        self.method = method
        self.acting_for = acting_for
        self.sequence_min = sequence_min
        self.resume = resume
        self.trace_parent = trace_parent
        self.timeout = timeout
        self.body = b"" if request is None else request.encode()
        self.deadline = time.monotonic() + (method.deadline_seconds if timeout is None else timeout)
        self.key = request_key
        self._memory = memory
        self._wait = RETRY_FIRST_SECONDS
        self._is_doubtful = False

    @property
    def remaining(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.deadline - time.monotonic())

    def allowed(self, is_streaming: bool) -> float | None:
        """Seconds that the server is given: of a stream what the caller said for the whole of it, if anything."""
        return self.timeout if is_streaming or self.method.takes_stream else self.remaining

    def request_key(self) -> uuid.UUID | None:
        """The key of a command: the same one at every attempt."""
        if self.method.is_command and not self.method.takes_stream and self.key is None:
            self.key = self._memory.keys.next()
        return self.key

    def reply(self, call: Call) -> Reply:
        """What an ended call brought. Raises CallError."""
        if call.failure is not None:
            raise call.failure
        self._memory.sequence = max(self._memory.sequence, call.sequence)
        try:
            return self.method.reply.decode(call.body)
        except DecodingError as error:
            outcome = Outcome.EXECUTED if self.method.is_command else Outcome.QUERY
            text = f"the server's reply cannot be read: {error}"
            raise CallError.of(StatusCode.INTERNAL, outcome, text, self.method.name) from error

    def not_connected(self, error: ConnectError) -> CallError:
        outcome = Outcome.NOT_EXECUTED if self.method.is_command else Outcome.QUERY
        return CallError.of(StatusCode.UNAVAILABLE, outcome, str(error), self.method.name, retry_after_ms=0)

    def too_late(self, is_sent: bool) -> CallError:
        """No reply came before the deadline."""
        outcome = Outcome.QUERY
        if self.method.is_command:
            outcome = Outcome.UNKNOWN if is_sent else Outcome.NOT_EXECUTED
        failure = CallError.of(
            StatusCode.DEADLINE_EXCEEDED, outcome, "no reply came before the deadline", self.method.name
        )
        failure.request_key = self.key
        return failure

    def after(self, failure: CallError) -> float:
        """Seconds to wait before the next attempt. Raises what the caller is to hear when there is none."""
        may_repeat = failure.outcome is not Outcome.EXECUTED and (
            failure.retry_after_ms is not None or failure.outcome is Outcome.UNKNOWN
        )
        if failure.outcome is Outcome.UNKNOWN:
            self._is_doubtful = True
        elif self._is_doubtful and not self._settles(failure):
            # This attempt was not executed, but an earlier one may have been.
            failure.outcome = Outcome.UNKNOWN
            failure.request_key = self.key
        wait = max((failure.retry_after_ms or 0) / 1000, self._wait * random.uniform(0.5, 1))
        if not may_repeat or wait >= self.remaining or not self._memory.budget.spend():
            raise failure
        self._wait = min(self._wait * 2, RETRY_LONGEST_SECONDS)
        return wait

    def _settles(self, failure: CallError) -> bool:
        """Whether an answer to a repetition tells of the attempts before it too. The method's own rules are applied only
        where the key was never seen, and what is malformed always was; of authority the protocol does not say it."""
        return failure.outcome is Outcome.EXECUTED or isinstance(
            failure, (*self.method.refusals, InvalidArgument, UnknownField)
        )
