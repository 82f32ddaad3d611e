"""The waterfall from the last payroll's total to this one's: bars as plain numbers, drawn by the template as SVG.

A row a step, its words above its bar, so that it can be read on a narrow screen too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from payouts.web.difference_words import signed_pounds
from payouts.web.figures import pounds

WIDTH, ROW, BAR = 360, 46, 16
LEAST_WIDTH = 2
ZOOM = 4
"""The scale begins at nothing unless all steps together are less than one in so many of the total."""


class Bar(NamedTuple):
    """A step, in the drawing's own units. `kind` is its style: total, more or less."""

    words: str
    amount: str
    kind: str
    x: int
    width: int
    y: int


class Waterfall(NamedTuple):
    """Bars from top to bottom. begins_at: what the left edge stands for, as words; empty where that is nothing."""

    bars: list[Bar]
    begins_at: str
    height: int
    width: int = WIDTH
    bar: int = BAR


def waterfall_of(then: tuple[str, int], steps: Sequence[tuple[str, int]], now: tuple[str, int]) -> Waterfall:
    """A waterfall between two totals; steps, in pence, that come to the difference. Words and pence each."""
    levels = [then[1]]
    for _, pence in steps:
        levels.append(levels[-1] + pence)
    lowest, highest = min(levels), max(*levels, 1)
    span = highest - lowest
    begins = lowest - span if lowest > 0 and 0 < span * ZOOM < lowest else 0
    begins = min(begins, lowest)
    scale = WIDTH / max(1, highest - begins)

    def bar(words: str, amount: str, kind: str, ends: tuple[int, int], place: int) -> Bar:
        x = round((min(ends) - begins) * scale)
        width = max(LEAST_WIDTH, round(abs(ends[1] - ends[0]) * scale))
        return Bar(words, amount, kind, min(x, WIDTH - width), width, place * ROW)

    bars = [bar(then[0], pounds(then[1]), "total", (begins, then[1]), 0)]
    for place, (words, pence) in enumerate(steps, start=1):
        ends = (levels[place - 1], levels[place])
        bars.append(bar(words, signed_pounds(pence), "more" if pence > 0 else "less", ends, place))
    bars.append(bar(now[0], pounds(now[1]), "total", (begins, now[1]), len(bars)))
    return Waterfall(bars, pounds(begins) if begins else "", len(bars) * ROW)
