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
    """Plaintext, and served on loopback addresses only."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TLSEndpoint:
    host: str
    port: int

    def __str__(self) -> str:
        return f"tls://[{self.host}]:{self.port}" if ":" in self.host else f"tls://{self.host}:{self.port}"


Endpoint = UnixEndpoint | TCPEndpoint | TLSEndpoint


def parse_endpoint(text: str) -> Endpoint:
    """Reads `unix:PATH`, `tcp://HOST:PORT` or `tls://HOST:PORT`. Raises ValueError."""
    if text.startswith("unix:") and len(text) > len("unix:"):
        return UnixEndpoint(text.removeprefix("unix:"))
    if text.startswith(("tcp://", "tls://")):
        parts = urllib.parse.urlsplit(text)
        if parts.hostname and parts.port and not parts.path:
            kind = TCPEndpoint if parts.scheme == "tcp" else TLSEndpoint
            return kind(parts.hostname, parts.port)
    raise ValueError(f'"{text}" is no endpoint: write unix:PATH, tcp://HOST:PORT or tls://HOST:PORT')
