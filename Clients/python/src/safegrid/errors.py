"""What can go wrong, as exceptions. The refusals of the domain are generated: see `generated/errors.py`."""

from __future__ import annotations

import enum
import re
import uuid
from typing import TYPE_CHECKING, ClassVar

from . import scalars
from .labels import Label, OpenEnum

if TYPE_CHECKING:
    from .wire import Field


class SafeGridError(Exception):
    """Anything that this package raises by itself."""


class ConnectError(SafeGridError):
    """No connection came about; nothing was sent."""

    def __init__(self, endpoint: object, reason: str) -> None:
        super().__init__(f"cannot connect to {endpoint}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class ProtocolError(SafeGridError):
    """The server broke gridwire/1; the connection is given up."""


class RecordError(SafeGridError, ValueError):
    """A value that cannot be sent, or bytes that cannot be read. `path` leads to it: `photos.sha256`."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason
        self.path = path

    def inside(self, field: str) -> RecordError:
        """The same fault, seen from the record that holds it in `field`."""
        return type(self)(self.reason, f"{field}.{self.path}" if self.path else field)


class EncodingError(RecordError):
    """A value that has no encoding: out of range, or of another type."""


class DecodingError(RecordError):
    """Bytes that are no such record."""


class StatusCode(enum.IntEnum):
    """How a call ended, in gRPC's numbering."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Outcome(enum.IntEnum):
    """Whether a command took effect; true independently of the code."""

    QUERY = 0
    """A query: the question does not arise."""
    NOT_EXECUTED = 1
    EXECUTED = 2
    UNKNOWN = 3
    """Only a repetition with the same request key can tell."""


class CallError(SafeGridError):
    """A call that did not succeed, after all repetitions that were allowed.

    Of a command whose `outcome` is UNKNOWN, `request_key` is the key under which the same request may be sent again, for
    35 days: it is applied at most once, and the reply of the first time comes back.
    """

    status: StatusCode = StatusCode.UNKNOWN
    outcome: Outcome = Outcome.QUERY
    method_called: str = ""
    """For example `Hazard.submit`."""
    server_text: str = ""
    """What the server, or this client, says about it in English."""
    retry_after_ms: int | None = None
    """When a repetition may succeed; absent: not as it stands."""
    request_key: uuid.UUID | None = None
    resume_token: bytes | None = None
    """Of a stream that ended before it was done: a later one goes on with it (`resume`). Absent: it begins anew."""

    @classmethod
    def of(
        cls, status: StatusCode, outcome: Outcome, text: str, method: str = "", retry_after_ms: int | None = None
    ) -> CallError:
        error = CallError()
        error.status, error.outcome, error.server_text = status, outcome, text
        error.method_called, error.retry_after_ms = method, retry_after_ms
        return error

    def __str__(self) -> str:
        advice = ""
        if self.outcome is Outcome.UNKNOWN and self.request_key is not None:
            advice = f" Whether it was executed is unknown; repeat it with request_key={self.request_key}."
        return f"{self.method_called or 'call'}: {self.status.name}: {self.server_text}{advice}"


class Refusal(CallError):
    """Why the domain says no. Each error of the IDL is a subclass, with its fields as attributes."""

    NUMBER: ClassVar[int]
    LABEL: ClassVar[Label]
    FIELDS: ClassVar[tuple[Field, ...]] = ()
    unknown_fields: bytes = b""

    @property
    def label(self) -> Label:
        """What to tell people."""
        return Label(self._text(self.LABEL.english, "en"), self._text(self.LABEL.chinese, "zh"))

    def _text(self, text: str, language: str) -> str:
        fields = {field.name.rstrip("_"): field.name for field in self.FIELDS}

        def value(match: re.Match[str]) -> str:
            name = fields.get(match[1])
            if name is None:
                return match[0]
            # An older daemon says it in English only.
            said = getattr(self, name) or getattr(self, name.removesuffix("_chinese"), "")
            return _shown(said, language)

        return re.sub(r"\{(\w+)\}", value, text)

    def __str__(self) -> str:
        return f"{self.method_called or 'call'}: {self.status.name}: {self.label.english}"


def _shown(value: object, language: str) -> str:
    if isinstance(value, OpenEnum):
        return value.label.chinese if language == "zh" else value.label.english
    return scalars.text(value)
