"""How many payees of a payroll will hear of it and by what way, looked at before anything is sent.

What Notify will not send has to be known before payday: whoever has no address, and everybody outside the team where
the key or the service sends to the team alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from payouts.notices.connection import TRIAL_A_DAY, KeyKind, Way, connection_of
from payouts.notices.planning import sender_or_none, ways_open
from payouts.notices.who import HAS_A_NUMBER_ABROAD, WAY_OF_A_PAYEE

if TYPE_CHECKING:
    from payouts.app import Service


@dataclass(frozen=True)
class Forecast:
    """By how many ways payees will be told. `unreached`: nothing could be written to; `abroad`: of the texts.

    is_set_up: whether there is a Notify to send through at all. kind: None where the installation's own sends.
    """

    by_way: dict[Way, int]
    unreached: int
    abroad: int
    is_set_up: bool
    kind: KeyKind | None = None
    in_trial: bool = False
    told: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "told", sum(self.by_way.values()))

    @property
    def team_only(self) -> bool:
        return self.in_trial or self.kind is KeyKind.TEAM

    @property
    def over_the_day(self) -> int:
        """How many of them are more than a service in trial sends in a day, whoever they are."""
        return sum(max(0, count - TRIAL_A_DAY) for count in self.by_way.values()) if self.in_trial else 0


def forecast(session: Session, service: Service, payroll_id: UUID) -> Forecast:
    """Look at a payroll of which nobody was told yet: a query over its payees."""
    through, own = sender_or_none(session, service), connection_of(session)
    rows = session.execute(
        text(
            "SELECT way.found, count(*), "  # noqa: S608  no value of anybody's
            f"count(*) FILTER (WHERE way.found = 'text' AND {HAS_A_NUMBER_ABROAD}) "
            "FROM (SELECT DISTINCT payee_id, CAST(ARRAY[] AS text[]) AS used FROM payment "
            "       WHERE payroll_id = :payroll_id AND status NOT IN ('taken_out', 'cancelled')) told "
            f"JOIN payee ON payee.id = told.payee_id {WAY_OF_A_PAYEE} GROUP BY way.found"
        ),
        {"payroll_id": payroll_id, **ways_open(through)},
    ).all()
    counts = {found: count for found, count, _ in rows}
    return Forecast(
        {way: counts[way] for way in Way if way in counts},
        counts.get("", 0),
        sum(abroad for *_, abroad in rows),
        through is not None,
        own.kind if own else None,
        own.in_trial if own else False,
    )
