"""Whether a payroll comes to what the source list says, to the penny; and entering what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.checks.again import find_again
from payouts.checks.facts import Expected, PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.control_total import ControlTotal, control_total_of
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.check_settings import Check, CheckSettings, Weight, settings_at
from schemes.errors import NotNow, ReasonNotGiven
from schemes.person import Actor, Role

KINDS = (Kind.CONTROL_TOTAL_MISSING, Kind.CONTROL_TOTAL_DIFFERS)
ENTERED_IN = (PayrollStatus.BUILDING, PayrollStatus.CHECKED)


def as_expected(facts: PayrollFacts) -> Iterator[Found]:
    """The payments built are as many, and come to as much, as whoever has the source list says."""
    yield from compared(facts.expected, facts.payment_count, facts.total_pence, facts.unpaid_count, facts.settings)


def compared(
    expected: Expected | None, count: int, total_pence: int, unpaid_count: int, settings: CheckSettings
) -> Iterator[Found]:
    if expected is None:
        # not every scheme has a source list: without one, nobody is told each time that there is none
        if settings.weight(Check.CONTROL_TOTAL_MISSING) is not Weight.NOTE:
            yield Found(Kind.CONTROL_TOTAL_MISSING, None, {})
    elif (expected.payments, expected.pence) != (count, total_pence):
        told = {
            "expected_count": expected.payments,
            "expected_pence": expected.pence,
            "count": count,
            "total_pence": total_pence,
            "unpaid": unpaid_count,
            "source": expected.source,
        }
        yield Found(Kind.CONTROL_TOTAL_DIFFERS, None, told)


def expected_of(session: Session, payroll: Payroll) -> Expected | None:
    entered = control_total_of(session, payroll.id)
    return Expected(entered.payment_count, entered.total_pence, entered.source) if entered else None


def enter_control_total(
    session: Session,
    payroll: Payroll,
    *,
    total_id: UUID,
    payment_count: int,
    total_pence: int,
    source: str,
    by: Actor,
    at: datetime,
) -> ControlTotal:
    """Enter what a payroll, locked by the caller, should come to, before or after it is built.

    Once it is built it is compared at once. The same id again is the same entry. Raises ReasonNotGiven, NotNow (its
    files are sealed or being built, or it is over), NotAllowed.
    """
    by.must_be(Role.PREPARER, Role.FINANCE, scheme=payroll.scheme_id)
    there = session.get(ControlTotal, (by.body_id, total_id))
    if there is not None:
        return there
    if payroll.status not in ENTERED_IN:
        raise NotNow("payroll", payroll.status, "given another control total")
    if not source.strip():
        raise ReasonNotGiven("expect this: name the list")
    entered = ControlTotal(
        body_id=by.body_id,
        id=total_id,
        payroll_id=payroll.id,
        payment_count=payment_count,
        total_pence=total_pence,
        source=source.strip(),
        entered_by=by.person_id,
        entered_at=at,
    )
    session.add(entered)
    session.flush()
    audit.record(
        session,
        "control_total.entered",
        by=by,
        about=payroll,
        at=at,
        payment_count=payment_count,
        total_pence=total_pence,
    )
    settings = settings_at(session, payroll.scheme_id, payroll.made_at)
    expected = expected_of(session, payroll)
    found = compared(expected, payroll.payment_count, payroll.total_pence, payroll.unpaid_count, settings)
    find_again(session, payroll, KINDS, found, settings)
    return entered
