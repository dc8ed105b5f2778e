"""The domain scalars of the IDL: grid codes, credit codes, case numbers, terms, money; dates and moments are Python's own.

A field that is not optional and holds nothing has the type's unset value, which is false: `GridCode()`, `HazardNumber()`,
`USCC()`, `Term()`, `Fen()`, `UNSET_DATE`. An unset moment is `EPOCH`.
"""

from __future__ import annotations

import datetime
import decimal
import enum
from dataclasses import dataclass
from typing import Final

EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
"""1970 in UTC: also what a moment is that was never set."""

CHINA: Final = datetime.timezone(datetime.timedelta(hours=8), "CST")
"""China Standard Time, in which dates and deadlines are meant; no summer time since 1991."""

_MILLISECOND: Final = datetime.timedelta(milliseconds=1)


class _UnsetDate(datetime.date):
    """No date at all. Python's dates have no room for it, so that it is a subclass; it is false and prints as nothing."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return "UNSET_DATE"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _UnsetDate)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, _UnsetDate)

    def __hash__(self) -> int:
        return 0


UNSET_DATE: Final[datetime.date] = _UnsetDate(1, 1, 1)
"""What a date field holds that was never set."""


def is_unset_date(value: datetime.date) -> bool:
    return isinstance(value, _UnsetDate)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


@dataclass(frozen=True, slots=True, order=True, init=False, repr=False)
class GridCode:
    """The code of a grid 网格编码: 15 digits, six for the county, three each for township, village and cell, zeros below
    the level. It sorts so that a subtree is one range."""

    value: int

    def __init__(self, code: str | int = 0) -> None:
        """Raises ValueError for what is no code. `GridCode()` is the unset one."""
        if isinstance(code, str):
            if code and not (_digits(code) and len(code) == 15):
                raise ValueError(f'a grid code has 15 digits, not "{code}"; lower levels are filled with zeros')
            code = int(code or 0)
        if code != 0:
            if not 110_000_000_000_000 <= code < 830_000_000_000_000:
                raise ValueError(f"{code:015} is not a grid code: it begins with a province from 11 to 82")
            township, village, cell = code // 1_000_000 % 1000, code // 1000 % 1000, code % 1000
            if not township and (village or cell) or not village and cell:
                raise ValueError(f"grid code {code:015} leaves out a level between those that it has")
        object.__setattr__(self, "value", code)

    @property
    def depth(self) -> int:
        """1 county, 2 township, 3 village, 4 cell; 0 when unset."""
        if not self.value:
            return 0
        return (
            4 if self.value % 1000 else 3 if self.value // 1000 % 1000 else 2 if self.value // 1_000_000 % 1000 else 1
        )

    @property
    def parent(self) -> GridCode | None:
        """The node above; None for a county."""
        return GridCode(self._prefix(self.depth - 1)) if self.depth > 1 else None

    def _prefix(self, depth: int) -> int:
        size: int = 1000 ** (4 - depth)
        return self.value // size * size

    def __contains__(self, other: object) -> bool:
        """Whether `other` is this node or lies below it."""
        if not isinstance(other, GridCode):
            return False
        return self.depth > 0 and other.depth >= self.depth and other._prefix(self.depth) == self.value

    def __bool__(self) -> bool:
        return self.value != 0

    def __str__(self) -> str:
        return f"{self.value:015}" if self.value else ""

    def __repr__(self) -> str:
        return f"GridCode({str(self)!r})"


@dataclass(frozen=True, slots=True, order=True, init=False, repr=False)
class HazardNumber:
    """The number of a hazard 隐患编号: 28 digits, the grid where it was born (15), the local date of submission (8), and
    a sequence within both (5) from 00001. It never changes."""

    digits: str

    def __init__(self, digits: str = "") -> None:
        """Raises ValueError for what is no number. `HazardNumber()` is the unset one."""
        if digits:
            if not (_digits(digits) and len(digits) == 28):
                raise ValueError(f'a hazard number has 28 digits, not "{digits}"')
            if not GridCode(digits[:15]) or int(digits[23:]) == 0:
                raise ValueError(f"hazard number {digits} has no grid, or the sequence 00000")
            datetime.date(int(digits[15:19]), int(digits[19:21]), int(digits[21:23]))
        object.__setattr__(self, "digits", digits)

    @property
    def grid(self) -> GridCode:
        return GridCode(self.digits[:15])

    @property
    def date(self) -> datetime.date:
        """The local date of submission."""
        if not self.digits:
            return UNSET_DATE
        return datetime.date(int(self.digits[15:19]), int(self.digits[19:21]), int(self.digits[21:23]))

    @property
    def sequence(self) -> int:
        return int(self.digits[23:] or 0)

    def __bool__(self) -> bool:
        return self.digits != ""

    def __str__(self) -> str:
        return self.digits

    def __repr__(self) -> str:
        return f"HazardNumber({self.digits!r})"


@dataclass(frozen=True, slots=True, order=True, init=False, repr=False)
class USCC:
    """A unified social credit code 统一社会信用代码 (GB 32100-2015): 18 characters in capitals. It is well formed; whether
    its check character is right, `is_verified` says: some registered codes fail it."""

    code: str

    _ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

    def __init__(self, code: str = "") -> None:
        """Small letters are taken as capitals. Raises ValueError for what is no code. `USCC()` is the unset one."""
        if code:
            # Of ASCII alone: capitals of a ligature would be two letters.
            text, code = code, code.upper() if code.isascii() else ""
            if len(code) != 18 or any(character not in self._ALPHABET for character in code):
                raise ValueError(f'a credit code has 18 digits and capitals without I, O, S, V, Z, not "{text}"')
            if not (code[0].isdigit() or code[0] in "ANY") or not code[1:8].isdigit():
                raise ValueError(f"credit code {code} has no known authority, category or division in its first eight")
        object.__setattr__(self, "code", code)

    @property
    def is_verified(self) -> bool:
        """Whether the check character is right."""
        if not self.code:
            return False
        total = sum(self._ALPHABET.index(character) * 3**place % 31 for place, character in enumerate(self.code[:17]))
        return self.code[17] == self._ALPHABET[-total % 31]

    def __bool__(self) -> bool:
        return self.code != ""

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return f"USCC({self.code!r})"


class TermUnit(enum.Enum):
    """What a term counts."""

    HOUR = "h"
    WORKING_HOUR = "wh"
    DAY = "d"
    WORKING_DAY = "wd"
    MONTH = "m"
    YEAR = "y"


_TERM_MAX: Final = {
    TermUnit.HOUR: 10_000,
    TermUnit.WORKING_HOUR: 10_000,
    TermUnit.DAY: 10_000,
    TermUnit.WORKING_DAY: 10_000,
    TermUnit.MONTH: 1200,
    TermUnit.YEAR: 100,
}


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time as rules state it 期限, for example five working days, `5wd`. What moment it leads to, the calendar
    of the profile decides."""

    count: int = 0
    unit: TermUnit = TermUnit.DAY

    def __post_init__(self) -> None:
        if not 0 <= self.count <= _TERM_MAX[self.unit]:
            raise ValueError(f"a term counts 0 to {_TERM_MAX[self.unit]} {self.unit.value}, not {self.count}")

    @classmethod
    def parse(cls, text: str) -> Term:
        """Reads `5wd`: a number and h, wh, d, wd, m or y. Raises ValueError."""
        unit = text.lstrip("0123456789")
        digits = text[: len(text) - len(unit)]
        if not digits or len(digits) > 10 or unit not in {known.value for known in TermUnit}:
            raise ValueError(f'"{text}" is not a term: write a number and h, wh, d, wd, m or y, for example 5wd')
        return cls(int(digits), TermUnit(unit))

    def __bool__(self) -> bool:
        return self != Term()

    def __str__(self) -> str:
        return f"{self.count}{self.unit.value}"


@dataclass(frozen=True, slots=True, order=True)
class Fen:
    """An amount of money in 0.01 yuan 分."""

    value: int = 0

    @classmethod
    def from_yuan(cls, yuan: decimal.Decimal | int | str) -> Fen:
        """Raises ValueError for parts of a fen."""
        fen = decimal.Decimal(yuan) * 100
        if fen != fen.to_integral_value():
            raise ValueError(f"{yuan} yuan is not a whole number of fen")
        return cls(int(fen))

    @property
    def yuan(self) -> decimal.Decimal:
        return decimal.Decimal(self.value).scaleb(-2)

    def __bool__(self) -> bool:
        return self.value != 0

    def __str__(self) -> str:
        return f"{self.yuan:.2f}"


def whole_milliseconds(moment: datetime.datetime) -> datetime.datetime:
    """The moment without what is finer than a millisecond, which no field can hold."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def milliseconds(moment: datetime.datetime) -> int:
    """Milliseconds since 1970 in UTC. Raises ValueError for a moment without a zone, or one that is finer."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone: give it one, for example tzinfo=safegrid.CHINA")
    since = moment - EPOCH
    if since % _MILLISECOND:
        raise ValueError(f"{moment} is finer than a millisecond: use safegrid.whole_milliseconds")
    return since // _MILLISECOND


def moment(milliseconds: int) -> datetime.datetime:
    """The moment in UTC. Raises ValueError outside of the years 1 to 9999."""
    try:
        return EPOCH + milliseconds * _MILLISECOND
    except OverflowError:
        raise ValueError("the time lies outside of the years 1 to 9999") from None


def text(value: object) -> str:
    """A value as the daemon writes it in a text for people."""
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds") + "Z"
    return "".join(map(text, value)) if isinstance(value, list) else str(value)
