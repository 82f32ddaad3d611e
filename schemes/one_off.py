"""One-off payments: money that no award makes due, entered by one person and confirmed by another.

A grant, a refund, a correction in somebody's favour. Once confirmed, it waits for a payroll that collects it. Its key
is the permanent key of the payment that it becomes: the same thing is entered once, whoever asks again.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import audit
from schemes.behind_key import people_behind
from schemes.database import ask, take_turns
from schemes.errors import NotNow, ReasonNotGiven, SamePerson
from schemes.one_off_look import Resolved, Wanted, known_about, resolve
from schemes.one_off_payment import OneOff, get_one_off
from schemes.payee import get_beneficiary
from schemes.person import Actor, Role

PROPOSERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)


def propose(session: Session, wanted: Wanted, *, one_off_id: UUID, by: Actor, at: datetime) -> OneOff:
    """Enter a one-off payment under an id that a form may send twice. Raises what `enter` does."""
    by.must_be(*PROPOSERS, scheme=wanted.scheme_id)
    there = session.get(OneOff, (by.body_id, one_off_id))
    if there is not None:
        return there
    return get_one_off(session, enter(session, wanted, one_off_id=one_off_id, by=by, at=at).one_off_id)


class Entry(NamedTuple):
    """A one-off payment that is entered. is_new: by this call, and not by one before it."""

    one_off_id: UUID
    is_new: bool
    resolved: Resolved


def enter(session: Session, wanted: Wanted, *, one_off_id: UUID, by: Actor, at: datetime) -> Entry:
    """Enter a one-off payment, for a second person to confirm.

    The same key with the same amount and payee is the one that is there: a call that is repeated enters nothing.
    Raises OneOffRefused, NotFound, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=wanted.scheme_id)
    # whoever enters one waits for a file that enters many, and for another who enters one for the same beneficiary
    all_of_scheme = f"one-offs {wanted.scheme_id}"
    take_turns(session, f"{all_of_scheme} {wanted.beneficiary_id}", beside=all_of_scheme)
    known = known_about(session, wanted.scheme_id, [wanted.beneficiary_id])
    if wanted.beneficiary_id not in known.mandated:
        get_beneficiary(session, wanted.beneficiary_id)
    resolved = resolve(wanted, known)
    if resolved.same is not None:
        return Entry(resolved.same.id, is_new=False, resolved=resolved)
    one_off = one_off_of(wanted, resolved, one_off_id=one_off_id, by=by, at=at)
    ask(session, ENTER, **{column: getattr(one_off, column) for column in ENTERED})
    note(session, one_off, "proposed", by=by, at=at)
    return Entry(one_off_id, is_new=True, resolved=resolved)


ENTERED = (
    *("body_id", "id", "scheme_id", "beneficiary_id", "payee_id", "component", "period_first_day", "period_last_day"),
    *("sequence", "amount_pence", "pay_from", "reason", "further_because", "proposed_by", "proposed_at"),
)
ENTER = f"INSERT INTO one_off ({', '.join(ENTERED)}) VALUES ({', '.join(f'%({column})s' for column in ENTERED)})"  # noqa: S608


def enter_alone(session: Session, scheme_id: UUID) -> None:
    """Until the transaction ends, nobody else enters a one-off payment of a scheme: two could enter the same."""
    take_turns(session, f"one-offs {scheme_id}")


def one_off_of(
    wanted: Wanted, resolved: Resolved, *, one_off_id: UUID, file_id: UUID | None = None, by: Actor, at: datetime
) -> OneOff:
    return OneOff(
        body_id=by.body_id,
        id=one_off_id,
        scheme_id=wanted.scheme_id,
        beneficiary_id=wanted.beneficiary_id,
        payee_id=resolved.payee_id,
        component=resolved.thing.component,
        period_first_day=resolved.period.first_day,
        period_last_day=resolved.period.last_day,
        sequence=resolved.sequence,
        amount_pence=wanted.amount_pence,
        pay_from=wanted.pay_from,
        reason=wanted.reason.strip(),
        further_because=wanted.further_because.strip() or None,
        file_id=file_id,
        proposed_by=by.person_id,
        proposed_at=at,
    )


def confirm(session: Session, one_off: OneOff, *, by: Actor, at: datetime) -> None:
    """A second person's word, on a row locked by the caller: the next payroll may collect it.

    Saying it twice is saying it once. Raises SamePerson, NotNow, NotAllowed.
    """
    by.must_be(*CONFIRMERS, scheme=one_off.scheme_id)
    if one_off.confirmed_by == by.person_id:
        return
    if not one_off.is_waiting:
        raise NotNow("one-off payment", "confirmed" if one_off.confirmed_at else "ended", "confirmed")
    if by.person_id in people_behind(session, {one_off.proposed_by}):
        raise SamePerson("entered this payment")
    one_off.confirmed_by, one_off.confirmed_at = by.person_id, at
    session.flush()
    note(session, one_off, "confirmed", by=by, at=at)


def reject(session: Session, one_off: OneOff, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject what waits for a second person, or withdraw one's own, on a row locked by the caller.

    Raises NotNow once it is confirmed, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != one_off.proposed_by:
        by.must_be(*CONFIRMERS, scheme=one_off.scheme_id)
    if one_off.ended_by == by.person_id:
        return
    if not one_off.is_waiting:
        raise NotNow("one-off payment", "confirmed" if one_off.confirmed_at else "ended", "rejected")
    end(session, one_off, reason=reason, by=by, at=at)


def end(session: Session, one_off: OneOff, *, reason: str, by: Actor, at: datetime) -> None:
    """End a one-off payment, for callers that know that nothing pays it. Raises ReasonNotGiven."""
    if not reason.strip():
        raise ReasonNotGiven("end this payment")
    one_off.ended_by, one_off.ended_at, one_off.ended_because = by.person_id, at, reason.strip()
    session.flush()
    note(session, one_off, "ended", by=by, at=at)


def note(session: Session, one_off: OneOff, act: str, *, by: Actor, at: datetime) -> None:
    audit.record(
        session,
        f"one_off.{act}",
        by=by,
        about=one_off,
        at=at,
        scheme=str(one_off.scheme_id),
        amount_pence=one_off.amount_pence,
    )
