"""Arrears: what earlier periods, which released payrolls have paid, owe by now or were paid too much.

Only awards are looked at to which something happened since the last such period was paid, or which a payroll could
not pay: of the others nothing can be owed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from payouts.awarded import AwardLine
from payouts.entitlement import Due, entitlement
from payouts.payment import BACK, BACK_EARLIER, LIVE, LIVE_EARLIER, Payment, Unpaid, UnpaidReason
from payouts.payment_part import SIGNED, PaymentPart, live_arrears
from payouts.payroll import GONE_FROM_HERE, OF_AWARDS, Payroll, PayrollKind
from schemes.amount_rule import Rules
from schemes.award_history import History
from schemes.database import one_of
from schemes.period import Period
from schemes.suspension import Suspension

SETTLED = GONE_FROM_HERE
# who is unpaid for one of these is owed nothing that a later look would not find by itself
NOTHING_OWED = (
    UnpaidReason.NOT_STARTED,
    UnpaidReason.ENDED,
    UnpaidReason.NOTHING_DUE,
    UnpaidReason.PAID_ALREADY,
    UnpaidReason.RECOVERED,
)


class Settled(NamedTuple):
    """Periods before a payroll's own that released payrolls have paid.

    since: when the first payroll of the last of them was created: what happened before was in it, or made good by it.
    """

    periods: tuple[Period, ...]
    payroll_ids: tuple[UUID, ...]
    since: datetime | None


class Difference(NamedTuple):
    """What a period is owed by now, and what was paid for it, in pence."""

    period: Period
    due_pence: int
    paid_pence: int
    steps: tuple[str, ...]

    @property
    def owed_pence(self) -> int:
        """Below 0: paid too much."""
        return self.due_pence - self.paid_pence


def settled_before(session: Session, scheme_id: UUID, period: Period) -> Settled:
    """The settled periods of a scheme before a period, in order."""
    rows = session.execute(
        select(Payroll.period_first_day, Payroll.period_last_day, Payroll.id, Payroll.made_at, Payroll.kind)
        .where(
            Payroll.scheme_id == scheme_id,
            Payroll.kind.in_(OF_AWARDS),
            Payroll.status.in_(SETTLED),
            Payroll.period_last_day < period.first_day,
        )
        .order_by(Payroll.period_first_day, Payroll.made_at)
    ).all()
    # an urgent payment of one person settles no period, but what happened since it was created is in no other payroll
    whole = [Period(row[0], row[1]) for row in rows if row.kind is not PayrollKind.URGENT]
    periods = tuple(dict.fromkeys(whole))
    since = next((row.made_at for row in rows if periods and row[0] == periods[-1].first_day), None)
    return Settled(periods, tuple(row.id for row in rows), since)


def to_be_reckoned(session: Session, lines: Sequence[AwardLine], settled: Settled) -> list[AwardLine]:
    """Of some awards in order of their ids, those to which an earlier period may owe something."""
    if settled.since is None or not lines:
        return []
    since = settled.since
    mine = (lines[0].id, lines[-1].id)
    touched = set(
        session.scalars(
            select(Suspension.award_id).where(
                Suspension.award_id.between(*mine), or_(Suspension.placed_at >= since, Suspension.lifted_at >= since)
            )
        )
    )
    touched.update(
        session.scalars(
            select(Unpaid.award_id).where(
                Unpaid.award_id.between(*mine),
                Unpaid.payroll_id.in_(settled.payroll_ids),
                Unpaid.reason.not_in(NOTHING_OWED),
            )
        )
    )
    return [line for line in lines if line.id in touched or line.history.terms[-1].made_at >= since]


Paid = Mapping[tuple[UUID, Period], int]


def paid_to(session: Session, scheme_id: UUID, beneficiaries: Mapping[UUID, UUID], *, but: UUID | None = None) -> Paid:
    """What was paid for each period of some awards, in pence, by every payroll that was not given up but one.

    What is recovered from a payment was due and counts as paid; arrears count for the period that they are about. A
    payment that came back counts: it is paid again as what it is, not as arrears. beneficiaries: of each award.
    """
    if not beneficiaries:
        return {}
    paid: dict[tuple[UUID, Period], int] = defaultdict(int)
    awards = one_of(beneficiaries)
    # by the permanent key: whom an award pays changes, also backwards when two payees turn out to be one
    mine = (Payment.scheme_id == scheme_id) & (Payment.beneficiary_id == one_of(set(beneficiaries.values())))
    payments = select(
        Payment.award_id, Payment.period_first_day, Payment.period_last_day, func.sum(Payment.amount_pence)
    ).where(Payment.award_id == awards)
    live = (PaymentPart.award_id == awards) & PaymentPart.freed.is_(False)
    with_payroll = (Payroll.body_id == PaymentPart.body_id) & (Payroll.id == PaymentPart.payroll_id)
    within = select(PaymentPart.award_id, Payroll.period_first_day, Payroll.period_last_day, -func.sum(SIGNED)).join(
        Payroll, with_payroll
    )
    about = select(
        PaymentPart.award_id, PaymentPart.about_first_day, PaymentPart.about_last_day, func.sum(PaymentPart.pence)
    )
    if but is not None:
        payments, live = payments.where(Payment.payroll_id != but), live & (PaymentPart.payroll_id != but)
    by_period = (Payment.award_id, Payment.period_first_day, Payment.period_last_day)
    for rows in (
        payments.where(mine, LIVE).group_by(*by_period),
        payments.where(BACK, ~is_paid_again()).group_by(*by_period),
        within.where(live).group_by(PaymentPart.award_id, Payroll.period_first_day, Payroll.period_last_day),
        about.where(live_arrears(live)).group_by(
            PaymentPart.award_id, PaymentPart.about_first_day, PaymentPart.about_last_day
        ),
    ):
        for award_id, first, last, pence in session.execute(rows):
            paid[award_id, Period(first, last)] += int(pence)
    return paid


def is_paid_again() -> ColumnElement[bool]:
    """Whether a payment that came back has a successor, which counts in its place, even if that came back as well."""
    earlier = aliased(Payment, name="earlier")
    of_key = (
        (earlier.body_id == Payment.body_id)
        & (earlier.scheme_id == Payment.scheme_id)
        & (earlier.beneficiary_id == Payment.beneficiary_id)
        & (earlier.period_first_day == Payment.period_first_day)
        & (earlier.component == Payment.component)
        & (earlier.sequence == Payment.sequence)
    )
    lives = select(earlier.id).where(of_key, LIVE_EARLIER).exists()
    same_award = (earlier.award_id == Payment.award_id) & (earlier.id > Payment.id)
    came_back = select(earlier.id).where(of_key, same_award, BACK_EARLIER).exists()
    return or_(lives, came_back)


def differences(
    award_id: UUID, component: str, history: History, rules: Rules, periods: Iterable[Period], paid: Paid
) -> list[Difference]:
    """The periods of which what is due by now is not what was paid."""
    found = []
    for period in periods:
        due = entitlement(history, rules.of(component, period), period)
        pence, steps = (due.amount_pence, due.steps) if isinstance(due, Due) else (0, (due.value.replace("_", " "),))
        was = paid.get((award_id, period), 0)
        if pence != was:
            found.append(Difference(period, pence, was, steps))
    return found


def reckon(
    session: Session, payroll: Payroll, lines: Sequence[AwardLine], rules: Rules, settled: Settled
) -> dict[UUID, list[Difference]]:
    """What earlier periods owe to some awards, or were paid too much, as it stands now.

    Whoever pays it asks `must_still_be_owed` before the end.
    """
    to_look_at = to_be_reckoned(session, lines, settled)
    paid = paid_to(session, payroll.scheme_id, {line.id: line.beneficiary_id for line in to_look_at}, but=payroll.id)
    return {
        line.id: differences(line.id, line.component, line.history, rules, settled.periods, paid) for line in to_look_at
    }


class PaidMeanwhile(Exception):
    """Another payroll has paid something of the same arrears since they were reckoned: the chunk is built anew."""


def must_still_be_owed(
    session: Session, payroll: Payroll, lines: Iterable[AwardLine], reckoned: Mapping[UUID, list[Difference]]
) -> None:
    """Hold the periods of which arrears are paid until the transaction ends. Raises PaidMeanwhile.

    Asked as late as can be, since chunks wait here for each other: whoever waited looks again at what was paid.
    """
    owed = {award_id: [d for d in each if d.owed_pence > 0] for award_id, each in reckoned.items()}
    periods = {difference.period for each in owed.values() for difference in each}
    for period in sorted(periods, reverse=True):
        lock_period(session, payroll.scheme_id, period, shared=False)
    mine = {line.id: line.beneficiary_id for line in lines if owed.get(line.id)}
    paid = paid_to(session, payroll.scheme_id, mine, but=payroll.id)
    for award_id in mine:
        if any(paid.get((award_id, d.period), 0) != d.paid_pence for d in owed[award_id]):
            raise PaidMeanwhile(str(award_id))


def lock_period(session: Session, scheme_id: UUID, period: Period, *, shared: bool) -> None:
    """Until the transaction ends: whoever builds payments of a period shares it, whoever pays its arrears has it alone.

    Nobody waits in a circle for periods: a payroll shares its own first, then takes earlier ones, the latest first. Two
    payrolls of different periods that take from one recovery at the same moment may: then PostgreSQL ends one of the
    chunks, and it is built anew.
    """
    how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    session.execute(
        text(f"SELECT {how}(hashtextextended('paid ' || :scheme || ' ' || :first, 0))"),
        {"scheme": str(scheme_id), "first": period.first_day.isoformat()},
    )


def arrears_paid(session: Session, payroll: Payroll, first: UUID, last: UUID) -> set[UUID]:
    """Awards in a range whose period of this payroll another has paid as arrears."""
    about = PaymentPart.about_first_day == payroll.period_first_day
    mine: ColumnElement[bool] = PaymentPart.award_id.between(first, last) & (PaymentPart.payroll_id != payroll.id)
    return set(session.scalars(select(PaymentPart.award_id).where(live_arrears(about & mine))))
