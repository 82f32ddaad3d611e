"""The amount rules of a scheme over time: which one works out a period."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from schemes.amount import AmountRule
from schemes.period import Period
from schemes.scheme import Scheme


class Rules:
    """A scheme's rules, read once for however many awards and periods."""

    def __init__(self, rule: AmountRule) -> None:
        self._rule = rule

    def on(self, day: date) -> AmountRule:
        """The rule for a period that begins on a day."""
        return self._rule

    def of(self, period: Period) -> AmountRule:
        return self.on(period.first_day)


def rules_of(session: Session, scheme: Scheme) -> Rules:
    """The rules of a scheme: the amount that stands on the award, whole for a part of a period."""
    return Rules(AmountRule())
