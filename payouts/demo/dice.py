"""Chance that falls the same on every machine and every version of Python."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """Choices from a seed, drawn only from ``Random.random``: the one sequence that Python promises never to change."""

    def __init__(self, seed: int) -> None:
        self._next = Random(seed).random

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely."""
        return items[self.whole(0, len(items) - 1)]

    def chance(self, percent: float) -> bool:
        """True in so many of a hundred throws."""
        return self._next() * 100 < percent

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in another order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.whole(0, last)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def digits(self, width: int) -> str:
        """So many digits, zeros in front included."""
        return f"{self.whole(0, 10**width - 1):0{width}d}"
