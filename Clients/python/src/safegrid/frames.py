"""Frames: 16 bytes of header, `length u32 | type u8 | flags u8 | reserved u16 | stream u32 | crc32c u32`, and a payload."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .checksum import crc32c
from .errors import ProtocolError
from .limits import FRAME_BYTES_MAX

MAGIC: Final = bytes.fromhex("89 47 57 31 0d 0a 1a 0a")
"""What a client says before its first frame: neither HTTP nor TLS nor text."""

_HEADER: Final = struct.Struct("<IBBHII")
_CHECKED_BYTES: Final = 12
"""The checksum covers so much of the header, and the payload."""

END: Final = 1
"""The sender sends no more on this stream."""
MORE: Final = 2
"""The message goes on in the next DATA frame of the stream."""


class FrameType(enum.IntEnum):
    HELLO = 1
    HELLO_OK = 2
    OPEN = 3
    DATA = 4
    STATUS = 5
    CANCEL = 6
    CREDIT = 7
    PING = 8
    PONG = 9
    GOAWAY = 10


@dataclass(frozen=True, slots=True)
class Frame:
    type: FrameType
    flags: int
    stream: int
    payload: bytes


def encode_frame(type_: FrameType, payload: bytes, stream: int = 0, flags: int = 0, has_checksum: bool = True) -> bytes:
    checked = _HEADER.pack(len(payload), type_, flags, 0, stream, 0)[:_CHECKED_BYTES]
    checksum = crc32c(payload, crc32c(checked)) if has_checksum else 0
    return checked + struct.pack("<I", checksum) + payload


def join_head(head: bytes, body: bytes) -> bytes:
    """The payload of OPEN and STATUS: the head's length in two bytes, the head, the body."""
    return struct.pack("<H", len(head)) + head + body


def split_head(payload: bytes) -> tuple[bytes, bytes]:
    """Head and body of OPEN or STATUS. Raises ProtocolError."""
    if len(payload) < 2:
        raise ProtocolError("the payload of a frame with a head is too short")
    end = 2 + int.from_bytes(payload[:2], "little")
    if end > len(payload):
        raise ProtocolError("the head of a frame is longer than the frame")
    return payload[2:end], payload[end:]


class FrameReader:
    """Cuts a stream of bytes into frames, wherever the transport cut it before."""

    def __init__(self, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self.frame_bytes_max = frame_bytes_max
        self.has_checksum = True
        """Whether frames carry checksums from here on; agreed upon in the handshake."""
        self._buffer = bytearray()

    def read(self, data: bytes) -> Iterator[Frame]:
        """Every frame that is whole now, in order; limits may be changed between two. Raises ProtocolError."""
        buffer = self._buffer
        buffer += data
        offset = 0
        try:
            while len(buffer) - offset >= _HEADER.size:
                length, type_, flags, reserved, stream, checksum = _HEADER.unpack_from(buffer, offset)
                if length > self.frame_bytes_max:
                    raise ProtocolError(f"a frame of {length} bytes exceeds the limit of {self.frame_bytes_max}")
                if not FrameType.HELLO <= type_ <= FrameType.GOAWAY:
                    raise ProtocolError(f"frame type {type_} is not known")
                if flags & ~(END | MORE) or reserved:
                    raise ProtocolError("a reserved bit of a frame header is set")
                end = offset + _HEADER.size + length
                if len(buffer) < end:
                    return
                payload = bytes(buffer[offset + _HEADER.size : end])
                expected = 0
                if self.has_checksum:
                    expected = crc32c(payload, crc32c(buffer[offset : offset + _CHECKED_BYTES]))
                if checksum != expected:
                    raise ProtocolError("the checksum of a frame is wrong")
                offset = end
                yield Frame(FrameType(type_), flags, stream, payload)
        finally:
            del buffer[:offset]
