"""Where a daemon listens."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnixEndpoint:
    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class TCPEndpoint:
    """Plaintext, and served on loopback addresses only. TLS will wrap the socket where `blocking.py` and `aio.py` open
    it, and a token will stand in HELLO, once the protocol has them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


Endpoint = UnixEndpoint | TCPEndpoint


def parse_endpoint(text: str) -> Endpoint:
    """Reads `unix:PATH` or `tcp://HOST:PORT`. Raises ValueError."""
    if text.startswith("unix:") and len(text) > len("unix:"):
        return UnixEndpoint(text.removeprefix("unix:"))
    if text.startswith("tcp://"):
        parts = urllib.parse.urlsplit(text)
        if parts.hostname and parts.port and not parts.path:
            return TCPEndpoint(parts.hostname, parts.port)
    raise ValueError(f'"{text}" is no endpoint: write unix:PATH or tcp://HOST:PORT')
