"""The awards of a scheme with everything that what they are due hangs on, read in a few queries for however many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, select, true
from sqlalchemy.orm import InstrumentedAttribute, QueryableAttribute, Session

from payouts.off_cycle import looked_at
from payouts.payroll import Payroll
from schemes.account import Account, Stopped, usable_on
from schemes.amount import Inputs, inputs_from
from schemes.award import Award
from schemes.award_history import History, Suspended, Terms
from schemes.award_version import AwardVersion, later_terms
from schemes.hold import GRAVEST_FIRST, HoldKind, gravest
from schemes.suspension import Suspension, suspended_days


class Destination(NamedTuple):
    """Where an award's money would go. stopped: nothing is paid into the account any more.

    is_cheque: it goes by a cheque to the payee's name, whatever account they have.
    """

    payee_id: UUID
    account_id: UUID | None
    stopped: Stopped | None
    hold_place: int | None
    is_cheque: bool = False

    def by_cheque(self) -> Destination:
        return self._replace(account_id=None, stopped=None, is_cheque=True)

    @property
    def held(self) -> HoldKind | None:
        """Why nothing is paid to the payee, or for the beneficiary."""
        return None if self.hold_place is None else GRAVEST_FIRST[self.hold_place]


@dataclass(frozen=True, slots=True)
class AwardLine:
    """An award with its history, and where it would be paid to."""

    id: UUID
    beneficiary_id: UUID
    component: str
    history: History
    to: Destination


FIRST_TERMS = (
    Award.first_day,
    Award.last_day,
    Award.amount_pence,
    Award.inputs,
    Award.payee_id,
    Award.made_at,
)


def first_terms_of(
    first_day: date,
    last_day: date | None,
    amount_pence: int | None,
    inputs: dict[str, Any] | None,
    payee_id: UUID,
    made_at: Any,
) -> Terms:
    """The first version of an award from FIRST_TERMS, without an object for each of a million rows."""
    given = Inputs(amount_pence) if inputs is None else inputs_from(inputs)
    return Terms(1, first_day, last_day, given, payee_id, made_at)


class Later(NamedTuple):
    """What happened to some awards since they were made: mostly nothing, to most of them."""

    terms: dict[UUID, list[Terms]]
    suspended: dict[UUID, tuple[Suspended, ...]]

    def history(self, award_id: UUID, first: Terms) -> History:
        later = self.terms.get(award_id)
        return History((first, *later) if later else (first,), self.suspended.get(award_id, ()))


def later_of(session: Session, scheme_id: UUID, first: UUID, last: UUID) -> Later:
    """What happened to the awards of a scheme in a range of ids: two queries, by index, however many there are."""

    def mine(award_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        in_scheme = select(Award.id).where(Award.scheme_id == scheme_id, Award.id.between(first, last))
        return award_id.between(first, last) & award_id.in_(in_scheme)

    return Later(later_terms(session, mine(AwardVersion.award_id)), suspended_days(session, mine(Suspension.award_id)))


def awards_between(session: Session, payroll: Payroll, first: UUID, last: UUID) -> list[AwardLine]:
    """Awards of a scheme in a range of ids, each with where it would be paid to on the day that the files leave."""
    used = in_use(payroll, Award.payee_id)
    rows = session.execute(
        select(
            Award.id,
            Award.beneficiary_id,
            Award.component,
            used.c.id,
            used.c.stopped_as,
            gravest(Award.payee_id, Award.beneficiary_id),
            *FIRST_TERMS,
        )
        .outerjoin(used, true())
        .where(Award.scheme_id == payroll.scheme_id, Award.id.between(first, last), looked_at(payroll))
        .order_by(Award.id)
    ).all()
    later = later_of(session, payroll.scheme_id, first, last)
    lines = []
    for award_id, beneficiary_id, component, account_id, stopped, hold_place, *terms in rows:
        history = later.history(award_id, first_terms_of(*terms))
        to = Destination(history.terms[0].payee_id, account_id, stopped, hold_place)
        lines.append(AwardLine(award_id, beneficiary_id, component, history, to))
    moved = dict(moved_to(session, payroll, lines))
    return [replace_destination(line, moved) for line in lines]


def in_use(payroll: Payroll, payee_id: QueryableAttribute[UUID]) -> FromClause:
    """The bank details that a payee's money goes to on the day that the files leave."""
    return (
        select(Account.id, Account.stopped_as)
        .where(Account.body_id == payee_id.class_.body_id, Account.payee_id == payee_id, usable_on(payroll.input_day))
        .order_by(Account.version.desc())
        .limit(1)
        .lateral("in_use")
    )


def moved_to(session: Session, payroll: Payroll, lines: list[AwardLine]) -> Iterator[tuple[UUID, Destination]]:
    """Of the awards that are paid to somebody else by now, where to; by award."""
    moved = {}
    for line in lines:
        terms = line.history.on(payroll.pay_date)
        if terms is not None and terms.payee_id != line.to.payee_id:
            moved[line.id] = terms.number
    if not moved:
        return
    used = in_use(payroll, AwardVersion.payee_id)
    rows = session.execute(
        select(
            AwardVersion.award_id,
            AwardVersion.number,
            AwardVersion.payee_id,
            used.c.id,
            used.c.stopped_as,
            gravest(AwardVersion.payee_id, Award.beneficiary_id),
        )
        .join(Award, (Award.body_id == AwardVersion.body_id) & (Award.id == AwardVersion.award_id))
        .outerjoin(used, true())
        .where(AwardVersion.award_id.in_(moved))
    )
    for award_id, number, *to in rows:
        if moved[award_id] == number:
            yield award_id, Destination(*to)


def replace_destination(line: AwardLine, moved: dict[UUID, Destination]) -> AwardLine:
    to = moved.get(line.id)
    return line if to is None else AwardLine(line.id, line.beneficiary_id, line.component, line.history, to)


def histories_between(
    session: Session, payroll: Payroll, first: UUID, last: UUID
) -> Iterator[tuple[UUID, str, History]]:
    """The component and history of each award, in a range of ids, that a payroll looks at."""
    later = later_of(session, payroll.scheme_id, first, last)
    rows = session.execute(
        select(Award.id, Award.component, *FIRST_TERMS).where(
            Award.scheme_id == payroll.scheme_id, Award.id.between(first, last), looked_at(payroll)
        )
    )
    for award_id, component, *terms in rows:
        yield award_id, component, later.history(award_id, first_terms_of(*terms))
