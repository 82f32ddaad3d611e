"""What people do to awards, for tests: one award of the small register, changed, ended and suspended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from schemes import write_off
from schemes.amount import Inputs
from schemes.award import Award, get_award
from schemes.award_history import History
from schemes.award_version import change_award, end_award, history_of
from schemes.database import new_id
from schemes.person import Actor, Role
from schemes.recovery import get_recovery, propose
from schemes.suspension import get_suspension, lift, suspend
from schemes.write_off import Ending
from tests.office import Office


@dataclass(frozen=True)
class Awarded:
    """An award with no end that is due in November 2026, and its office."""

    office: Office
    id: UUID
    payee_id: UUID
    beneficiary_id: UUID
    pence: int

    def history(self) -> History:
        with self.office.transaction() as session:
            return history_of(session, get_award(session, self.id))

    def change(self, from_day: date, pence: int | None, *, by: Actor | None = None, **changes: Any) -> UUID:
        """The preparer changes it from a day on; None ends it."""
        facts = {"version_id": new_id(), "last_day": None, "payee_id": self.payee_id, "reason": "a review", **changes}
        with self.office.transaction() as session:
            return change_award(
                session,
                get_award(session, self.id),
                from_day=from_day,
                inputs=None if pence is None else Inputs(pence),
                by=by or self.office.person(Role.PREPARER),
                at=self.office.service.now(),
                **facts,
            ).id

    def end(self, last_day: date, **changes: Any) -> UUID:
        facts = {"version_id": new_id(), "reason": "moved away", **changes}
        with self.office.transaction() as session:
            award, by = get_award(session, self.id), self.office.person(Role.PREPARER)
            return end_award(session, award, last_day=last_day, by=by, at=self.office.service.now(), **facts).id

    def suspend(self, from_day: date, last_day: date | None = None, *, by: Actor | None = None, **changes: Any) -> UUID:
        facts = {"suspension_id": new_id(), "reason": "in hospital", "review_on": date(2027, 3, 1), **changes}
        with self.office.transaction() as session:
            return suspend(
                session,
                get_award(session, self.id),
                from_day=from_day,
                last_day=last_day,
                by=by or self.office.person(Role.PREPARER),
                at=self.office.service.now(),
                **facts,
            ).id

    def lift(self, suspension_id: UUID, *, pays_arrears: bool, by: Actor | None = None, reason: str = "home") -> None:
        with self.office.transaction() as session:
            lift(
                session,
                get_suspension(session, self.id, suspension_id, lock=True),
                get_award(session, self.id),
                pays_arrears=pays_arrears,
                reason=reason,
                by=by or self.office.person(Role.FINANCE),
                at=self.office.service.now(),
            )

    def recover(self, **changes: Any) -> UUID:
        """The preparer proposes to recover £25.00, £10.00 a time."""
        facts: dict[str, Any] = {
            "recovery_id": new_id(),
            "total_pence": 2500,
            "instalment_pence": 1000,
            "share_percent": None,
            "least_left_pence": 1,
            "from_day": date(2026, 11, 1),
            "reason": "paid twice in summer",
            "by": self.office.person(Role.PREPARER),
            **changes,
        }
        with self.office.transaction() as session:
            return propose(session, get_award(session, self.id), at=self.office.service.now(), **facts).id

    def write_off(self, recovery_id: UUID | None = None, **changes: Any) -> UUID:
        """The preparer proposes to write off £5.00, or what is left of a recovery."""
        with self.office.transaction() as session:
            facts: dict[str, Any] = {
                "write_off_id": new_id(),
                "recovery": get_recovery(session, self.id, recovery_id) if recovery_id else None,
                "kind": Ending.WRITE_OFF,
                "pence": None if recovery_id else 500,
                "reason": "it costs more to get back",
                "by": self.office.person(Role.PREPARER),
                **changes,
            }
            return write_off.propose(session, get_award(session, self.id), at=self.office.service.now(), **facts).id


def an_award(office: Office, *, offset: int = 0) -> Awarded:
    """An award of the register that is due in November 2026 and has no end."""
    with office.transaction() as session:
        award = session.scalars(
            select(Award)
            .where(Award.first_day < date(2026, 8, 1), Award.last_day.is_(None))
            .order_by(Award.id)
            .offset(offset)
            .limit(1)
        ).one()
    assert award.amount_pence is not None
    return Awarded(office, award.id, award.payee_id, award.beneficiary_id, award.amount_pence)
