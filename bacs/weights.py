"""The weight table of modulus checking: which rows apply to a sort code, and how old the table is."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from os import PathLike
from pathlib import Path

from bacs.errors import BadWeightTable

STALE_AFTER_DAYS = 183
"""Vocalink revises the table several times a year: after six months an operator should look for a newer one."""


class Method(StrEnum):
    """How the weighted digits are summed and divided."""

    MOD10 = "MOD10"
    MOD11 = "MOD11"
    DBLAL = "DBLAL"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: sort codes from `first` to `last`, 14 weights for the digits u to z and a to h."""

    first: str
    last: str
    method: Method
    weights: tuple[int, ...]
    exception: int = 0

    @property
    def rule(self) -> str:
        """The method, with the exception's number where there is one: "DBLAL/1"."""
        return f"{self.method}/{self.exception}" if self.exception else str(self.method)


@dataclass(frozen=True, eq=False)
class WeightTable:
    """A weight table with its substitutions, its version and the day from which it is valid."""

    rows: tuple[Row, ...]
    substitutions: dict[str, str]
    version: str
    valid_from: date
    _starts: list[int] = field(init=False, repr=False)
    _spans: list[tuple[Row, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts, spans = _spans_of(self.rows)
        object.__setattr__(self, "_starts", starts)
        object.__setattr__(self, "_spans", spans)

    @classmethod
    @cache
    def shipped(cls) -> "WeightTable":
        """The table that comes with this package: version 8.50, valid from 23 June 2025."""
        data = resources.files("bacs") / "data"
        weights, substitutions = (data / name for name in ("valacdos.txt", "scsubtab.txt"))
        return cls.parse(
            weights.read_text("ascii"), substitutions.read_text("ascii"), version="8.50", valid_from=date(2025, 6, 23)
        )

    @classmethod
    def load(
        cls, weights: str | PathLike[str], substitutions: str | PathLike[str], *, version: str, valid_from: date
    ) -> "WeightTable":
        """Read a newer VALACDOS.txt and SCSUBTAB.txt; the files do not say their version, so say it here."""
        texts = (Path(path).read_text("ascii", errors="replace") for path in (weights, substitutions))
        return cls.parse(*texts, version=version, valid_from=valid_from)

    @classmethod
    def parse(cls, weights: str, substitutions: str, *, version: str, valid_from: date) -> "WeightTable":
        """Read the two texts. Raises `BadWeightTable` at the first line that is not a row."""
        rows = tuple(_row(number, line) for number, line in enumerate(weights.splitlines(), 1) if line.strip())
        if not rows:
            raise BadWeightTable(1, "")
        pairs = [
            _substitution(number, line) for number, line in enumerate(substitutions.splitlines(), 1) if line.strip()
        ]
        return cls(rows, dict(pairs), version, valid_from)

    def rows_for(self, sort_code: str) -> tuple[Row, ...]:
        """The rows that apply to six digits, in the order of the table: none, one or two."""
        return self._spans[bisect_right(self._starts, int(sort_code))]

    def spans(self) -> tuple[list[int], list[tuple[Row, ...]]]:
        """The table by ranges: sort codes where one starts, in order, and the rows before the first and from each."""
        return self._starts, self._spans

    def age_days(self, on: date) -> int:
        """Days from the day the table became valid to `on`."""
        return (on - self.valid_from).days

    def is_stale(self, on: date) -> bool:
        """Whether an operator should look for a newer table."""
        return self.age_days(on) > STALE_AFTER_DAYS


def _spans_of(rows: tuple[Row, ...]) -> tuple[list[int], list[tuple[Row, ...]]]:
    starts = sorted({int(row.first) for row in rows} | {int(row.last) + 1 for row in rows})
    changes: dict[int, list[tuple[int, int]]] = {start: [] for start in starts}
    for place, row in enumerate(rows):
        changes[int(row.first)].append((place, 1))
        changes[int(row.last) + 1].append((place, -1))
    in_force: Counter[int] = Counter()
    spans: list[tuple[Row, ...]] = [()]
    for start in starts:
        for place, change in changes[start]:
            in_force[place] += change
        spans.append(tuple(rows[place] for place in sorted(+in_force)))
    return starts, spans


def _row(number: int, line: str) -> Row:
    try:
        first, last, method, *figures = line.split()
        weights = tuple(int(figure) for figure in figures[:14])
        exception = int(figures[14]) if len(figures) == 15 else 0
        row = Row(first, last, Method(method), weights, exception)
    except (ValueError, IndexError):
        raise BadWeightTable(number, line) from None
    codes = (first, last)
    well_formed = all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes) and first <= last
    if not well_formed or len(weights) != 14 or len(figures) > 15:
        raise BadWeightTable(number, line)
    return row


def _substitution(number: int, line: str) -> tuple[str, str]:
    codes = line.split()
    if len(codes) != 2 or not all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes):
        raise BadWeightTable(number, line)
    return codes[0], codes[1]
