"""What a group of measurements comes back with: tables for the page, and goals that hold or not."""

import dataclasses


@dataclasses.dataclass
class Options:
    """How much is measured. Seconds are those of one run of one cell; a cell is run once in each round."""

    base: int = 1_000_000
    rounds: int = 3
    read_seconds: float = 1.5
    write_seconds: float = 20
    limit_seconds: float = 3
    open_loop_seconds: float = 300
    open_loop_rate: int = 10_000
    mixed_seconds: float = 6
    query_seconds: float = 3
    kills: int = 3
    callgrind_calls: int = 2000

    @classmethod
    def quick(cls):
        """Proves that everything runs; its numbers mean little."""
        return cls(
            base=50_000, rounds=1, read_seconds=0.5, write_seconds=1, limit_seconds=0.5, open_loop_seconds=3,
            open_loop_rate=2000, mixed_seconds=1, query_seconds=0.5, kills=1, callgrind_calls=300)


@dataclasses.dataclass
class Goal:
    """A row of the contract. `must` and `beyond` are limits of `measured`."""

    name: str
    measured: float
    must: float
    beyond: float
    unit: str = "×"
    is_less_better: bool = False

    def reaches(self, limit):
        return self.measured <= limit if self.is_less_better else self.measured >= limit

    @property
    def verdict(self):
        return "beyond" if self.reaches(self.beyond) else "holds" if self.reaches(self.must) else "**does not hold**"

    def row(self):
        def text(value):
            digits = 0 if value >= 1000 else 1 if value >= 30 else 2
            return f"{value:,.{digits}f} {self.unit}".replace(" ×", " ×")

        sign = "≤ " if self.is_less_better else "≥ "
        return [self.name, text(self.measured), sign + text(self.must), sign + text(self.beyond), self.verdict]


@dataclasses.dataclass
class Table:
    title: str
    header: list
    rows: list
    note: str = ""


@dataclasses.dataclass
class Outcome:
    tables: list = dataclasses.field(default_factory=list)
    goals: list = dataclasses.field(default_factory=list)


def shape_name(shape):
    return f"{shape[0]}×{shape[1]}"


def thousands(per_second):
    return f"{per_second / 1000:,.1f} k" if per_second >= 1000 else f"{per_second:.0f}"


def milliseconds(microseconds):
    return f"{microseconds / 1000:,.2f} ms" if microseconds >= 1000 else f"{microseconds:.0f} µs"
