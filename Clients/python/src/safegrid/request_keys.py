"""Request keys: UUIDv7 (RFC 9562), rising, on the server's clock, so that a wrong clock on this machine does no harm."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from typing import Final

_COUNTER_MAX: Final = 0xFFF
"""Keys of one millisecond are told apart by 12 bits that rise; then a millisecond is borrowed from the future."""


class RequestKeys:
    """Makes keys, each greater than all before. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset_ms = 0
        self._last_ms = 0
        self._counter = 0

    def follow(self, server_time_ms: int) -> None:
        """The server's clock now, as HELLO_OK says it."""
        with self._lock:
            self._offset_ms = server_time_ms - time.monotonic_ns() // 1_000_000
            # A server that was restored, or has a test clock, may stand at an earlier time.
            self._last_ms = 0

    def next(self) -> uuid.UUID:
        with self._lock:
            now = time.monotonic_ns() // 1_000_000 + self._offset_ms
            if now > self._last_ms:
                # Half of the room is left for those of the same millisecond.
                self._last_ms, self._counter = now, secrets.randbelow(_COUNTER_MAX // 2)
            elif self._counter < _COUNTER_MAX:
                self._counter += 1
            else:
                self._last_ms, self._counter = self._last_ms + 1, 0
            milliseconds, counter = self._last_ms, self._counter
        number = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | counter << 64 | 2 << 62 | secrets.randbits(62)
        return uuid.UUID(int=number)
