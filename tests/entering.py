"""What people do to one-off payments, for tests: to somebody of the small register who is due an award."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from payouts import one_offs
from payouts.payroll import PayrollKind, create_payroll
from schemes import one_off as one_off_rows
from schemes import one_off_file
from schemes.database import new_id
from schemes.one_off_file import OneOffFile
from schemes.one_off_look import Wanted
from schemes.one_off_payment import OneOff, get_one_off
from schemes.person import Actor, Role
from tests.awarding import an_award
from tests.office import Office


@dataclass(frozen=True)
class Entering:
    """Somebody with an award, for whom payments are entered besides it."""

    office: Office
    beneficiary_id: UUID
    payee_id: UUID
    award_id: UUID

    def wanted(self, **changes: Any) -> Wanted:
        """£40.00 more for November 2026."""
        facts: dict[str, Any] = {
            "scheme_id": self.office.harbour.scheme_id,
            "beneficiary_id": self.beneficiary_id,
            "amount_pence": 4000,
            "about": date(2026, 11, 20),
            "pay_from": date(2026, 11, 25),
            "reason": "a winter grant",
            "further_because": "besides the award",
            **changes,
        }
        return Wanted(**facts)

    def propose(self, *, one_off_id: UUID | None = None, by: Actor | None = None, **changes: Any) -> OneOff:
        """The preparer enters it."""
        who = by or self.office.person(Role.PREPARER)
        with self.office.transaction() as session:
            at = self.office.service.now()
            return one_off_rows.propose(
                session, self.wanted(**changes), one_off_id=one_off_id or new_id(), by=who, at=at
            )

    def confirm(self, one_off_id: UUID, *, by: Actor | None = None) -> None:
        """The finance officer confirms it."""
        with self.office.transaction() as session:
            found = get_one_off(session, one_off_id, lock=True)
            who = by or self.office.person(Role.FINANCE)
            one_off_rows.confirm(session, found, by=who, at=self.office.service.now())

    def withdraw(self, one_off_id: UUID, *, by: Actor | None = None, reason: str = "granted by mistake") -> None:
        with self.office.transaction() as session:
            found = get_one_off(session, one_off_id, lock=True)
            who = by or self.office.person(Role.PREPARER)
            one_offs.withdraw(session, found, reason=reason, by=who, at=self.office.service.now())

    def agreed(self, **changes: Any) -> UUID:
        """Entered, and confirmed by a second person."""
        made = self.propose(**changes)
        self.confirm(made.id)
        return made.id


def entering(office: Office, *, offset: int = 0) -> Entering:
    award = an_award(office, offset=offset)
    return Entering(office, award.beneficiary_id, award.payee_id, award.id)


FILE_HEADER = "Reference,Amount,About,Pay from,Reason,Further because,Sequence\n"


def send_file(office: Office, text: str, *, file_id: UUID | None = None) -> OneOffFile:
    """The preparer sends a file of payments."""
    with office.transaction() as session:
        return one_off_file.begin(
            session,
            office.service.seals,
            file_id=file_id or new_id(),
            scheme_id=office.harbour.scheme_id,
            file_name="grants.csv",
            content=text.encode(),
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )


def pay_one_offs(office: Office, pay_date: date = date(2026, 11, 25)) -> UUID:
    """The preparer creates a payroll of one-off payments alone, and it is built."""
    with office.transaction() as session:
        made = create_payroll(
            session,
            office.service.calendar,
            payroll_id=new_id(),
            scheme_id=office.harbour.scheme_id,
            pay_date=pay_date,
            kind=PayrollKind.ONE_OFF,
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work()
    return made.id
