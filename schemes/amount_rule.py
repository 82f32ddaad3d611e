"""The amount rules of a scheme over time: which one works out a period, read once for however many awards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from schemes.amount import AmountRule
from schemes.definition import Definition
from schemes.period import Period
from schemes.scheme_version import versions_of


class Rules:
    """A scheme's definitions with the days from which they count, the newest first.

    own: the period of a payroll and the definition that it was created under, which stands whatever came since.
    """

    def __init__(
        self, versions: Sequence[tuple[date, Definition]], own: tuple[Period, Definition] | None = None
    ) -> None:
        self._versions = tuple(versions)
        self._own = own
        self._found: dict[tuple[str, Period], AmountRule | None] = {}

    def with_own(self, period: Period, definition: Definition) -> Rules:
        return Rules(self._versions, (period, definition))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        return tuple(definition for _, definition in self._versions)

    def definition_for(self, period: Period) -> Definition | None:
        if self._own is not None and period == self._own[0]:
            return self._own[1]
        return next((said for day, said in self._versions if day <= period.first_day), None)

    def of(self, component: str, period: Period) -> AmountRule | None:
        """The rule of a component for a period; None where the scheme does not pay it then."""
        key = (component, period)
        if key not in self._found:
            definition = self.definition_for(period)
            found = definition.component(component) if definition else None
            self._found[key] = found.rule if found else None
        return self._found[key]


def rules_of(session: Session, scheme_id: UUID) -> Rules:
    """The rules of a scheme, from all its versions."""
    return Rules([(version.effective_from, version.definition) for version in versions_of(session, scheme_id)])


def rule_on(session: Session, scheme_id: UUID, component: str, day: date) -> AmountRule | None:
    """The rule that an award of a component has to fit which begins on a day; before the first version, that one."""
    versions = versions_of(session, scheme_id)
    counted = [version for version in versions if version.effective_from <= day] or list(versions[-1:])
    found = counted[0].definition.component(component) if counted else None
    return found.rule if found else None
