"""The plot of what an award will pay: bars as plain numbers, drawn by the template as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from payouts.projection import Projected
from payouts.web.figures import pounds

WIDTH, HEIGHT = 640, 180
LEFT, BOTTOM = 70, 24
MOST_LABELS = 13


class Bar(NamedTuple):
    """A period: its bar in the drawing's own units. is_due: else the whole height is marked as not paid."""

    x: int
    y: int
    width: int
    height: int
    is_due: bool
    label: str


class Plot(NamedTuple):
    """Bars from left to right, and the lines across with their amounts."""

    bars: list[Bar]
    lines: list[tuple[int, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM


def plot_of(projected: list[Projected]) -> Plot | None:
    """A plot of the periods to come; None where nothing is due in any, which words tell better."""
    return bars_of([(f"{one.period.first_day:%b}", one.pence) for one in projected])


def bars_of(amounts: Sequence[tuple[str, int]]) -> Plot | None:
    """A plot of pence under their labels; None where all are nothing."""
    most = max((pence for _, pence in amounts), default=0)
    if not most:
        return None
    room, floor = (WIDTH - LEFT) / len(amounts), HEIGHT - BOTTOM
    step = -(-len(amounts) // MOST_LABELS)
    bars = []
    for place, (written, pence) in enumerate(amounts):
        height = round(pence / most * (floor - 10)) if pence else floor - 10
        label = written if place % step == 0 else ""
        bars.append(
            Bar(
                round(LEFT + place * room),
                floor - height,
                max(2, round(room * 0.8)),
                height,
                bool(pence),
                label,
            )
        )
    return Plot(bars, [(10, pounds(most)), (round(10 + (floor - 10) / 2), pounds(most // 2)), (floor, pounds(0))])
