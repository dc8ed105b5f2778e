"""Who calls, and whom the caller trusts: tokens and TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from .checksum import crc32c
from .endpoint import Endpoint, TLSEndpoint

_PREFIX = "sgt_"
_SECRET_BYTES = 32


def check_token(text: str) -> str:
    """The token without white space around it. Raises ValueError when it was not copied as it is."""
    text = text.strip()
    try:
        data = bytes.fromhex(text.removeprefix(_PREFIX))
    except ValueError:
        data = b""
    secret, checksum = data[:_SECRET_BYTES], data[_SECRET_BYTES:]
    is_whole = len(secret) == _SECRET_BYTES and checksum == crc32c(secret).to_bytes(4, "little")
    if not is_whole or text != _PREFIX + data.hex():
        raise ValueError("this is no token, or it was not copied whole")
    return text


def tls_context(
    ca: str | None = None, certificate: str | None = None, key: str | None = None
) -> ssl.SSLContext:
    """TLS 1.3 as the daemon speaks it: `ca` vouches for the daemon (absent: the system's authorities do), `certificate` and
    `key` are shown to it. All are files in PEM."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["gridwire/1"])
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


@dataclass(frozen=True, slots=True)
class Identity:
    """What a client shows on each of its connections, and whom it trusts there."""

    token: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, endpoint: Endpoint, token: str | None, tls: ssl.SSLContext | None) -> Identity:
        """Raises ValueError for a token that was not copied as it is."""
        if isinstance(endpoint, TLSEndpoint) and tls is None:
            tls = tls_context()
        return cls(None if token is None else check_token(token), tls)
