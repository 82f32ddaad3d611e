"""Taking confirmed recoveries from payments while they are built, and what is left of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bacs import pence
from payouts.arrears import SETTLED
from payouts.awarded import AwardLine
from payouts.payment import BACK, LIVE, Payment
from payouts.payment_part import PartKind, PaymentPart
from payouts.payroll import Payroll
from schemes.database import one_of
from schemes.recovery import Recovery
from schemes.write_off import Ending, ended


class Balance(NamedTuple):
    """In pence: what released payrolls took, what open ones are about to take, and what is left after both.

    ending: how the recovery was ended, where it was: then nothing is left to take, and `given_up_pence` is not back.
    """

    taken_pence: int
    reserved_pence: int
    left_pence: int
    given_up_pence: int = 0
    ending: Ending | None = None

    @property
    def total_left_pence(self) -> int:
        """What is not taken by a released payroll yet."""
        return self.left_pence + self.reserved_pence


def balances(session: Session, recoveries: Iterable[Recovery], *, but: UUID | None = None) -> dict[UUID, Balance]:
    """The balance of some recoveries, without what one payroll takes."""
    totals = {recovery.id: recovery.total_pence for recovery in recoveries}
    if not totals:
        return {}
    parts = (
        select(PaymentPart.recovery_id, Payroll.status, func.sum(PaymentPart.pence))
        .join(Payroll, (Payroll.body_id == PaymentPart.body_id) & (Payroll.id == PaymentPart.payroll_id))
        .where(PaymentPart.recovery_id.in_(totals), PaymentPart.freed.is_(False))
        .group_by(PaymentPart.recovery_id, Payroll.status)
    )
    if but is not None:
        parts = parts.where(PaymentPart.payroll_id != but)
    sums: dict[tuple[UUID | None, bool], int] = defaultdict(int)
    for recovery_id, status, taken in session.execute(parts):
        sums[recovery_id, status in SETTLED] += int(taken)
    over = ended(session, totals.keys())
    found = {}
    for recovery_id, total in totals.items():
        taken_pence, reserved_pence = sums[recovery_id, True], sums[recovery_id, False]
        rest, ending = total - taken_pence - reserved_pence, over.get(recovery_id)
        found[recovery_id] = (
            Balance(taken_pence, reserved_pence, 0, rest, ending)
            if ending
            else Balance(taken_pence, reserved_pence, rest)
        )
    return found


def to_take(session: Session, payroll: Payroll, lines: list[AwardLine]) -> dict[UUID, tuple[Recovery, int]]:
    """By award: the recovery that this payroll takes from, with what is left of it; locked until the transaction ends.

    Of each award the oldest that has something left. None for an award of whose period another payroll has taken.
    """
    if not lines:
        return {}
    confirmed = session.scalars(
        select(Recovery)
        .where(
            Recovery.award_id.between(lines[0].id, lines[-1].id),
            Recovery.confirmed_at.is_not(None),
            Recovery.from_day <= payroll.pay_date,
        )
        .order_by(Recovery.id)
        .with_for_update()
    ).all()
    left = balances(session, confirmed, but=payroll.id)
    found: dict[UUID, tuple[Recovery, int]] = {}
    for recovery in confirmed:
        if left[recovery.id].left_pence > 0:
            found.setdefault(recovery.award_id, (recovery, left[recovery.id].left_pence))
    return found


def recovered_elsewhere(session: Session, payroll: Payroll, first: UUID, last: UUID) -> set[UUID]:
    """Awards in a range of whose period of this payroll another has recovered something, or paid what came back."""
    recovered = session.scalars(
        select(PaymentPart.award_id).where(
            PaymentPart.award_id.between(first, last),
            PaymentPart.kind == PartKind.RECOVERY,
            PaymentPart.freed.is_(False),
            PaymentPart.payroll_id != payroll.id,
            PaymentPart.about_first_day == payroll.period_first_day,
        )
    )
    # what came back is put right as what it was, and not made anew
    returned = session.scalars(
        select(Payment.award_id).where(
            Payment.award_id.between(first, last), Payment.period_first_day == payroll.period_first_day, BACK
        )
    )
    return {award_id for award_id in chain(recovered, returned) if award_id is not None}


def with_live_payment(session: Session, payroll: Payroll, beneficiaries: Mapping[UUID, UUID]) -> set[UUID]:
    """Of some awards those whose period of this payroll is paid: what is recovered whole makes no payment to clash."""
    if not beneficiaries:
        return set()
    paid = select(Payment.award_id).where(
        Payment.scheme_id == payroll.scheme_id,
        Payment.beneficiary_id == one_of(set(beneficiaries.values())),
        Payment.period_first_day == payroll.period_first_day,
        Payment.award_id == one_of(beneficiaries),
        LIVE,
    )
    return set(session.scalars(paid))


def steps_of(recovery: Recovery, gross_pence: int, taken_pence: int, left_pence: int) -> list[str]:
    """How an instalment came about, for whoever reads the payment."""
    agreed = (
        f"{recovery.share_percent}% of {pence.format(gross_pence)}"
        if recovery.share_percent is not None
        else f"an instalment of {pence.format(recovery.instalment_pence or 0)}"
    )
    return [
        f"{agreed}, at least {pence.format(recovery.least_left_pence)} left",
        f"{pence.format(taken_pence)} taken of {pence.format(left_pence)}",
    ]
