"""The encoding of records: protobuf's wire format in canonical form, and what a generated class says of its fields.

Fields ascend, varints and lengths are as short as possible, defaults are left out unless the field is optional, numbers in
lists are packed. A reader takes any valid protobuf encoding, and keeps what it does not know byte for byte.
"""

from __future__ import annotations

import datetime
import enum
import functools
import struct
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar

from . import scalars
from .errors import DecodingError, EncodingError, RecordError
from .labels import OpenEnum
from .limits import NESTING_MAX
from .scalars import EPOCH, UNSET_DATE, USCC, Fen, GridCode, HazardNumber, Term

VARINT: Final = 0
FIXED64: Final = 1
DELIMITED: Final = 2
FIXED32: Final = 5

_UINT64_MAX: Final = (1 << 64) - 1
_TAG_MAX: Final = (1 << 32) - 1


class Reader:
    """A cursor over the encoding of one record. Never allocates by what the bytes claim, only by what they hold."""

    __slots__ = ("data", "depth", "end", "offset")

    def __init__(self, data: bytes, offset: int = 0, end: int | None = None, depth: int = 0) -> None:
        self.data = data
        self.offset = offset
        self.end = len(data) if end is None else end
        self.depth = depth

    def varint(self) -> int:
        value = shift = 0
        while self.offset < self.end:
            byte = self.data[self.offset]
            self.offset += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > _UINT64_MAX:
                    break
                return value
            shift += 7
            if shift > 63:
                break
        else:
            raise _truncated()
        raise DecodingError("a varint of more than 64 bits")

    def fixed64(self) -> bytes:
        return self._take(8)

    def delimited(self) -> bytes:
        return self._take(self.varint())

    def nested(self) -> Reader:
        """A reader over the record that stands next."""
        if self.depth >= NESTING_MAX:
            raise DecodingError(f"records are nested more than {NESTING_MAX} deep")
        size = self.varint()
        if size > self.end - self.offset:
            raise _truncated()
        start = self.offset
        self.offset += size
        return Reader(self.data, start, self.offset, self.depth + 1)

    def _take(self, count: int) -> bytes:
        if count > self.end - self.offset:
            raise _truncated()
        start = self.offset
        self.offset += count
        return self.data[start : self.offset]

    def tag(self) -> int | None:
        """Field number × 8 + wire type; None at the end of the record."""
        if self.offset >= self.end:
            return None
        tag = self.varint()
        if tag < 8 or tag > _TAG_MAX:
            raise DecodingError("a field number is out of range")
        return tag

    def skip(self, tag: int) -> bytes:
        """Steps over a field behind its tag; answers its bytes, tag included."""
        start = self.offset
        match tag & 7:
            case 0:
                self.varint()
            case 1:
                self._take(8)
            case 2:
                self.delimited()
            case 5:
                self._take(4)
            case other:
                raise DecodingError(f"wire type {other} of field {tag >> 3} is not used")
        out = bytearray()
        write_varint(out, tag)
        return bytes(out) + self.data[start : self.offset]


def _truncated() -> DecodingError:
    return DecodingError("the bytes end in the middle of a field")


def write_varint(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_delimited(out: bytearray, data: bytes | bytearray) -> None:
    write_varint(out, len(data))
    out += data


class Kind:
    """How the values of one type stand on the wire, without their tag."""

    wire_type: int = DELIMITED

    def is_absent(self, value: Any) -> bool:
        """Whether a field that is not optional leaves the value out."""
        return not value

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        raise NotImplementedError

    def read(self, reader: Reader) -> Any:
        raise NotImplementedError

    def default(self) -> Any:
        """What an entry of a map means that leaves the value out: what zeros are read as."""
        return self.read(Reader(bytes(8)))


class _Bool(Kind):
    wire_type = VARINT

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        out.append(1 if value else 0)

    def read(self, reader: Reader) -> bool:
        return reader.varint() != 0


class _Unsigned(Kind):
    wire_type = VARINT

    def __init__(self, bits: int) -> None:
        self.max = (1 << bits) - 1

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        write_varint(out, _integer(value, 0, self.max))

    def read(self, reader: Reader) -> int:
        # As protobuf does: the low bits count.
        return reader.varint() & self.max


class _Signed(Kind):
    """Zigzag, so that small negative numbers are short."""

    wire_type = VARINT

    def __init__(self, bits: int) -> None:
        self.max = (1 << bits - 1) - 1
        self.mask = (1 << bits) - 1

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        number = _integer(value, -self.max - 1, self.max)
        write_varint(out, number << 1 if number >= 0 else (-number << 1) - 1)

    def read(self, reader: Reader) -> int:
        raw = reader.varint() & self.mask
        return raw >> 1 if raw & 1 == 0 else -(raw >> 1) - 1


def _integer(value: Any, low: int, high: int) -> int:
    if not isinstance(value, int):
        raise EncodingError(f"an int is needed, not {type(value).__name__}")
    if not low <= value <= high:
        raise EncodingError(f"{value} lies outside of {low} to {high}")
    return value


class _Double(Kind):
    wire_type = FIXED64

    def is_absent(self, value: Any) -> bool:
        # Minus zero is a value of its own.
        return struct.pack("<d", value) == bytes(8)

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        out += struct.pack("<d", value)

    def read(self, reader: Reader) -> float:
        return float(struct.unpack("<d", reader.fixed64())[0])


class _Text(Kind):
    def write(self, out: bytearray, value: Any, depth: int) -> None:
        if not isinstance(value, str):
            raise EncodingError(f"a str is needed, not {type(value).__name__}")
        try:
            _write_delimited(out, value.encode())
        except UnicodeEncodeError:
            raise EncodingError("the text holds half of a surrogate pair") from None

    def read(self, reader: Reader) -> str:
        try:
            return reader.delimited().decode()
        except UnicodeDecodeError:
            raise DecodingError("the text is not UTF-8") from None


class _Bytes(Kind):
    def write(self, out: bytearray, value: Any, depth: int) -> None:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise EncodingError(f"bytes are needed, not {type(value).__name__}")
        _write_delimited(out, bytes(value))

    def read(self, reader: Reader) -> bytes:
        return reader.delimited()


class _GridCode(Kind):
    wire_type = FIXED64

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        out += struct.pack("<Q", _instance(value, GridCode).value)

    def read(self, reader: Reader) -> GridCode:
        return _checked(lambda: GridCode(int.from_bytes(reader.fixed64(), "little")))


class _Spelled(Kind):
    """A domain scalar that stands as its text; an empty one is unset."""

    def __init__(self, type_: Callable[..., Any], parse: Callable[[str], Any]) -> None:
        self.type = type_
        self.parse = parse

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        TEXT.write(out, str(_instance(value, self.type)) if value else "", depth)

    def read(self, reader: Reader) -> Any:
        text = TEXT.read(reader)
        return _checked(lambda: self.parse(text)) if text else self.type()


class _Date(Kind):
    def is_absent(self, value: Any) -> bool:
        return isinstance(value, datetime.date) and scalars.is_unset_date(value)

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            raise EncodingError(f"a datetime.date is needed, not {type(value).__name__}")
        TEXT.write(out, "" if scalars.is_unset_date(value) else value.isoformat(), depth)

    def read(self, reader: Reader) -> datetime.date:
        text = TEXT.read(reader)
        if not text:
            return UNSET_DATE
        if len(text) != 10 or text[4] != "-" or text[7] != "-" or not text.isascii():
            raise DecodingError(f'"{text}" is not a date such as 2026-03-02')
        return _checked(lambda: datetime.date.fromisoformat(text))


class _Instant(Kind):
    """google.protobuf.Timestamp: seconds (int64, 1) and nanoseconds (int32, 2); whole milliseconds."""

    def is_absent(self, value: Any) -> bool:
        return isinstance(value, datetime.datetime) and value.utcoffset() is not None and value == EPOCH

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        since = scalars.milliseconds(_instance(value, datetime.datetime))
        # In UTC the moment must lie in the years that a Timestamp knows.
        scalars.moment(since)
        seconds, fraction = divmod(since, 1000)
        nested = bytearray()
        if seconds:
            nested.append(0x08)
            write_varint(nested, seconds & _UINT64_MAX)
        if fraction:
            nested.append(0x10)
            write_varint(nested, fraction * 1_000_000)
        _write_delimited(out, nested)

    def read(self, reader: Reader) -> datetime.datetime:
        nested = reader.nested()
        seconds = nanoseconds = 0
        while (tag := nested.tag()) is not None:
            if tag == 0x08:
                seconds = _signed64(nested.varint())
            elif tag == 0x10:
                nanoseconds = _signed64(nested.varint())
            else:
                nested.skip(tag)
        if not 0 <= nanoseconds < 1_000_000_000:
            raise DecodingError("the time lies outside of the years 1 to 9999")
        if nanoseconds % 1_000_000:
            raise DecodingError("the time is finer than a millisecond")
        return _checked(lambda: scalars.moment(seconds * 1000 + nanoseconds // 1_000_000))


def _signed64(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


class _Fen(Kind):
    wire_type = VARINT

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        I64.write(out, _instance(value, Fen).value, depth)

    def read(self, reader: Reader) -> Fen:
        return Fen(I64.read(reader))


class _Enumeration(Kind):
    wire_type = VARINT

    def __init__(self, type_: type[OpenEnum]) -> None:
        self.type = type_

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        # As protobuf does: a negative number takes ten bytes.
        write_varint(out, int(_instance(value, self.type)) & _UINT64_MAX)

    def read(self, reader: Reader) -> OpenEnum:
        raw = reader.varint() & 0xFFFF_FFFF
        return self.type(raw - (1 << 32) if raw >> 31 else raw)


class _Message(Kind):
    def __init__(self, type_: Callable[[], type[Record]]) -> None:
        # Asked when it is needed: records may name each other in any order.
        self.type = type_

    def encoded(self, value: Any, depth: int) -> bytes:
        if depth >= NESTING_MAX:
            raise EncodingError(f"records are nested more than {NESTING_MAX} deep")
        return encode(_instance(value, self.type()), depth + 1)

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        _write_delimited(out, self.encoded(value, depth))

    def read(self, reader: Reader) -> Record:
        return decode(self.type(), reader.nested())


T = TypeVar("T")


def _instance(value: Any, type_: Any) -> Any:
    if not isinstance(value, type_):
        raise EncodingError(f"a {type_.__name__} is needed, not {type(value).__name__}")
    return value


def _checked(make: Callable[[], T]) -> T:
    try:
        return make()
    except RecordError:
        raise
    except ValueError as error:
        raise DecodingError(str(error)) from None


BOOL: Final[Kind] = _Bool()
U32: Final[Kind] = _Unsigned(32)
U64: Final[Kind] = _Unsigned(64)
I32: Final[Kind] = _Signed(32)
I64: Final[Kind] = _Signed(64)
F64: Final[Kind] = _Double()
TEXT: Final[Kind] = _Text()
BYTES: Final[Kind] = _Bytes()
GRID_CODE: Final[Kind] = _GridCode()
HAZARD_NUMBER: Final[Kind] = _Spelled(HazardNumber, HazardNumber)
USCC_CODE: Final[Kind] = _Spelled(USCC, USCC)
TERM: Final[Kind] = _Spelled(Term, Term.parse)
INSTANT: Final[Kind] = _Instant()
DATE: Final[Kind] = _Date()
FEN: Final[Kind] = _Fen()


def enumeration(type_: type[OpenEnum]) -> Kind:
    return _Enumeration(type_)


def message(type_: Callable[[], type[Record]]) -> Kind:
    return _Message(type_)


class Presence(enum.Enum):
    SINGLE = 1
    """Left out when it has its default."""
    OPTIONAL = 2
    """None is something else than the default."""
    LIST = 3
    MAP = 4
    """A dict; on the wire an entry of key and value each, in the order of the keys."""


SINGLE: Final = Presence.SINGLE
OPTIONAL: Final = Presence.OPTIONAL
LIST: Final = Presence.LIST
MAP: Final = Presence.MAP


@dataclass(frozen=True, slots=True)
class Field:
    """A field as the IDL declares it; `name` is its attribute."""

    number: int
    name: str
    kind: Kind
    presence: Presence = SINGLE
    key: Kind | None = None
    """Of a map."""

    def write(self, out: bytearray, value: Any, depth: int) -> None:
        kind = self.kind
        if self.presence is MAP:
            _require_distinct(value, EncodingError)
            # Domain scalars order as their numbers do, texts as their bytes in UTF-8.
            for key in sorted(value):
                _require_key(key, EncodingError)
                entry = bytearray()
                _one(out=entry, number=1, kind=self._key, value=key, depth=depth + 1)
                _one(out=entry, number=2, kind=kind, value=value[key], depth=depth + 1)
                write_varint(out, self.number << 3 | DELIMITED)
                _write_delimited(out, entry)
        elif self.presence is LIST:
            if not value:
                return
            if kind.wire_type == DELIMITED:
                for element in value:
                    self._write_one(out, element, depth)
            else:
                packed = bytearray()
                for element in value:
                    kind.write(packed, element, depth)
                write_varint(out, self.number << 3 | DELIMITED)
                _write_delimited(out, packed)
        elif value is None:
            if self.presence is SINGLE:
                raise EncodingError("None is no value of a field that is not optional")
        elif self.presence is SINGLE and isinstance(kind, _Message):
            # Absent when its encoding is empty.
            if data := kind.encoded(value, depth):
                write_varint(out, self.number << 3 | DELIMITED)
                _write_delimited(out, data)
        elif self.presence is OPTIONAL or not kind.is_absent(value):
            self._write_one(out, value, depth)

    def _write_one(self, out: bytearray, value: Any, depth: int) -> None:
        _one(out, self.number, self.kind, value, depth)

    @property
    def _key(self) -> Kind:
        assert self.key is not None
        return self.key

    def read_entry(self, reader: Reader, entries: dict[Any, Any]) -> None:
        """Reads an entry of a map; what it leaves out is the default."""
        entry = reader.nested()
        key, value = self._key.default(), self.kind.default()
        while (tag := entry.tag()) is not None:
            if tag == 1 << 3 | self._key.wire_type:
                key = self._key.read(entry)
            elif tag == 2 << 3 | self.kind.wire_type:
                value = self.kind.read(entry)
            else:
                raise DecodingError(f"an entry of a map has a key and a value, and no field {tag >> 3}")
        _require_key(key, DecodingError)
        if key in entries:
            raise DecodingError(f"the key {key} stands twice")
        entries[key] = value


def _require_key(key: Any, error: type[RecordError]) -> None:
    # A domain scalar that is unset is no key.
    if not key and not isinstance(key, int | str):
        raise error("a key is missing")


def _require_distinct(keys: Iterable[Any], error: type[RecordError]) -> None:
    """Texts that differ only in how Unicode composes a character are one key."""
    texts = [key for key in keys if isinstance(key, str) and not key.isascii()]
    if len({unicodedata.normalize("NFC", text) for text in texts}) < len(texts):
        raise error("a key stands twice, composed in two ways")


def _one(out: bytearray, number: int, kind: Kind, value: Any, depth: int) -> None:
    write_varint(out, number << 3 | kind.wire_type)
    kind.write(out, value, depth)


class Encodable(Protocol):
    """What the codec needs of a class: records, and refusals with fields."""

    FIELDS: ClassVar[tuple[Field, ...]]
    unknown_fields: bytes


E = TypeVar("E", bound=Encodable)


@dataclass(slots=True, kw_only=True)
class Record:
    """A record of the IDL. Generated classes declare fields with their types; absent is None where the IDL says `?`."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()

    unknown_fields: bytes = field(default=b"", repr=False)
    """What a newer version wrote into the record: kept through a rewrite. A command with such fields is refused."""

    def encode(self) -> bytes:
        """The canonical encoding. Raises EncodingError."""
        return encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads any valid protobuf encoding. Raises DecodingError."""
        return decode(cls, Reader(bytes(data)))


@dataclass(slots=True, kw_only=True)
class Union(Record):
    """A union of the IDL: one of its attributes, or none. An arm that only a newer version knows is `unknown_fields`."""

    def arm(self) -> str | None:
        """The attribute that is set. Raises EncodingError where it is more than one."""
        names = [one.name for one in self.FIELDS if getattr(self, one.name) is not None]
        if len(names) + bool(self.unknown_fields) > 1:
            raise EncodingError(f"a {type(self).__name__} takes one of {', '.join(names)}")
        return names[0] if names else None


def encode(record: Encodable, depth: int = 0) -> bytes:
    out = bytearray()
    if isinstance(record, Union):
        record.arm()
    for one in record.FIELDS:
        try:
            one.write(out, getattr(record, one.name), depth)
        except RecordError as error:
            raise error.inside(one.name.rstrip("_")) from None
        except (ValueError, TypeError, struct.error, AttributeError) as error:
            raise EncodingError(str(error), one.name.rstrip("_")) from None
    return bytes(out) if not record.unknown_fields else _merged(bytes(out), record.unknown_fields)


def _merged(known: bytes, unknown: bytes) -> bytes:
    """Puts unknown fields among the known ones, so that numbers ascend; equal numbers keep their order."""
    fields = _split(known) + _split(unknown)
    return b"".join(data for _, data in sorted(fields, key=lambda one: one[0]))


def _split(data: bytes) -> list[tuple[int, bytes]]:
    reader = Reader(data)
    fields = []
    while (tag := reader.tag()) is not None:
        fields.append((tag >> 3, reader.skip(tag)))
    return fields


@functools.cache
def _by_tag(cls: type[Encodable]) -> dict[int, tuple[Field, bool]]:
    """Fields by the tags under which they are understood, and whether the values are packed there."""
    tags = {}
    for one in cls.FIELDS:
        wire_type = DELIMITED if one.presence is MAP else one.kind.wire_type
        tags[one.number << 3 | wire_type] = (one, False)
        if one.presence is LIST and one.kind.wire_type != DELIMITED:
            tags[one.number << 3 | DELIMITED] = (one, True)
    return tags


def decode(cls: type[E], reader: Reader) -> E:
    record = cls()
    fields = _by_tag(cls)
    is_union = issubclass(cls, Union)
    unknown = b""
    maps = set()
    while (tag := reader.tag()) is not None:
        if is_union:
            # The last arm counts, known or not.
            record, unknown = cls(), b""
        found = fields.get(tag)
        if found is None:
            unknown += reader.skip(tag)
            continue
        one, is_packed = found
        try:
            if is_packed:
                size = reader.varint()
                if size > reader.end - reader.offset:
                    raise _truncated()
                elements = Reader(reader.data, reader.offset, reader.offset + size, reader.depth)
                reader.offset += size
                values = getattr(record, one.name)
                while elements.offset < elements.end:
                    values.append(one.kind.read(elements))
            elif one.presence is LIST:
                getattr(record, one.name).append(one.kind.read(reader))
            elif one.presence is MAP:
                one.read_entry(reader, getattr(record, one.name))
                maps.add(one)
            else:
                setattr(record, one.name, one.kind.read(reader))
        except RecordError as error:
            raise error.inside(one.name.rstrip("_")) from None
    for one in maps:
        try:
            _require_distinct(getattr(record, one.name), DecodingError)
        except RecordError as error:
            raise error.inside(one.name.rstrip("_")) from None
    if unknown:
        record.unknown_fields = unknown
    return record
