"""CRC-32C (Castagnoli), reflected: polynomial 0x1EDC6F41, initial value and final XOR 0xFFFFFFFF."""

from typing import Final


def _table() -> tuple[int, ...]:
    values = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        values.append(value)
    return tuple(values)


_TABLE: Final = _table()


def crc32c(data: bytes | bytearray | memoryview, value: int = 0) -> int:
    """The checksum of what `value` is the checksum of, and `data` behind it."""
    value ^= 0xFFFF_FFFF
    table = _TABLE
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFF_FFFF
