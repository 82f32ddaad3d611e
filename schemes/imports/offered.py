"""What a scheme pays, as a file names it: each row's component, and the rule that its award goes by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from schemes.amount import AmountRule
from schemes.definition import FIXED, Definition
from schemes.scheme_version import versions_of


class Offered:
    """The components of a scheme by their codes and names. versions: newest first, each from a day on.

    A row that names none is for the first component. Without any version, each row brings its amount. today: nobody
    is born later.
    """

    def __init__(self, versions: Sequence[tuple[date, Definition]] = (), *, today: date | None = None) -> None:
        self.versions, self.today = tuple(versions), today
        components = versions[0][1].components if versions else ()
        self.first = components[0].code if components else ""
        self.codes = {component.name.casefold(): component.code for component in components}
        self.codes |= {component.code: component.code for component in components}
        self.found: dict[tuple[str, date], AmountRule] = {}

    def code_of(self, written: str) -> str | None:
        """The code of a component as a file writes it; None for one that the scheme does not have."""
        return self.codes.get(" ".join(written.split()).casefold()) if written else self.first

    def rule(self, code: str, first_day: date) -> AmountRule:
        """The rule that an award beginning on a day has to fit, as `schemes.amount_rule.rule_on` tells it."""
        key = (code, first_day)
        if key not in self.found:
            counted = [said for day, said in self.versions if day <= first_day] or [v for _, v in self.versions[-1:]]
            component = next((found for said in counted[:1] if (found := said.component(code))), None)
            self.found[key] = component.rule if component else FIXED
        return self.found[key]


def offered_by(session: Session, scheme_id: UUID, *, at: datetime) -> Offered:
    """What a scheme pays by its newest version, with the rules of all of them."""
    versions = [(version.effective_from, version.definition) for version in versions_of(session, scheme_id)]
    return Offered(versions, today=at.astimezone(LONDON).date())
