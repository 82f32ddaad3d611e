"""The amount rules of a scheme over time: which one works out a component's period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from schemes.amount import AmountRule
from schemes.errors import NotFound
from schemes.period import Period
from schemes.scheme import Scheme
from schemes.scheme_version import SchemeVersion, in_effect, version_of, versions_of


class Rules:
    """A scheme's rules, read once for however many awards and periods."""

    def __init__(self, versions: Sequence[SchemeVersion]) -> None:
        """versions: newest first."""
        self._versions = versions
        self._of_version: dict[int, dict[str, AmountRule]] = {}

    def on(self, day: date, component: str) -> AmountRule:
        """The rule for a period that begins on a day. Raises NotFound for a component that the scheme never had.

        Before a component is there, its first rule counts: an award may be typed in ahead of it, or reach back.
        """
        oldest = self._versions[-1]
        standing = in_effect(self._versions, day) or oldest
        later = (version for version in reversed(self._versions) if version.number > standing.number)
        for version in (standing, *later):
            rule = self._rules(version).get(component)
            if rule is not None:
                return rule
        raise NotFound("component", component)

    def of(self, period: Period, component: str) -> AmountRule:
        return self.on(period.first_day, component)

    def _rules(self, version: SchemeVersion) -> Mapping[str, AmountRule]:
        if version.number not in self._of_version:
            self._of_version[version.number] = version.definition.rules
        return self._of_version[version.number]


def rules_of(session: Session, scheme: Scheme) -> Rules:
    """The rules of a scheme, of all its versions."""
    return Rules(versions_of(session, scheme.id))


def rules_of_version(session: Session, scheme_id: UUID, number: int) -> Mapping[str, AmountRule]:
    """The rules of one version, by component: what a payroll goes by, whatever has come since."""
    return version_of(session, scheme_id, number).definition.rules
