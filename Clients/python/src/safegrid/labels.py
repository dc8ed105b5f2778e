"""Texts for people in both languages, and the enums that carry them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal, Self

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Label:
    """A text in the two languages that people see."""

    english: str
    chinese: str

    def text(self, language: Language = "en") -> str:
        return self.chinese if language == "zh" else self.english


class OpenEnum(int, enum.Enum):
    """An enum of the IDL. It is open: a number that only a newer version knows is a member too, and is kept when a record
    is rewritten; `is_known` tells. 0 is UNSPECIFIED: nothing was said."""

    label: Label

    def __new__(cls, number: int, english: str = "", chinese: str = "") -> Self:
        # Only declarations give the texts; `HazardState(60)` finds what was declared.
        member = int.__new__(cls, number)
        member._value_ = number
        member.label = Label(english, chinese)
        return member

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or not -(1 << 31) <= value < 1 << 31:
            return None
        # Not remembered: a server could make a client remember four thousand million.
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        member.label = Label(f"({value})", f"（{value}）")
        return member

    @property
    def is_known(self) -> bool:
        """Whether this version has a name for the number."""
        return self._value_ in type(self)._value2member_map_

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __str__(self) -> str:
        return self.name

    def __format__(self, specification: str) -> str:
        return format(self.name, specification)

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[int]]:
        return type(self), (int(self),)
