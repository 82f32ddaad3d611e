"""What the checks are told: of a payroll as a whole, and of one chunk of its payments; a handful of queries each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from bacs.iso20022 import Scheme
from payouts import one_offs
from payouts.checks import duplicates, elsewhere, history
from payouts.checks.chunk import CheckChunk, due_in_all
from payouts.checks.control_totals import expected_of
from payouts.checks.facts import LastPayroll, PayrollFacts
from payouts.confirmation.confirmation import Confirmation, is_fresh, standing_in_payroll
from payouts.difference.comparison import against, comparison_of, unexplained_in
from payouts.funds import funds_for
from payouts.payment import GONE_OUT, Payment, in_payroll, ordinals
from payouts.payment_item import item_count
from payouts.payment_part import arrears_by_award
from payouts.payroll import Payroll, PayrollKind
from payouts.returns.reissue import paid_again_by
from schemes.bank_profile import BankProfile
from schemes.check_settings import settings_at
from schemes.database import joining_whole_tables, one_of
from schemes.name_policy import policy_at
from schemes.scheme_version import version_of

if TYPE_CHECKING:
    from payouts.app import Service


def read_totals(session: Session, service: Service, payroll: Payroll) -> dict[str, int]:
    """The figures over all payments, read once: each chunk is handed them."""
    mine = Payment.payroll_id == payroll.id
    count, total, median, accounts = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Payment.amount_pence), 0),
            func.coalesce(func.percentile_disc(0.5).within_group(Payment.amount_pence), 0),
            func.count(Payment.account_id.distinct()),
        ).where(mine)
    ).one()
    policy = policy_at(session, payroll.made_at)
    answered = exists().where(
        Confirmation.body_id == Payment.body_id,
        Confirmation.account_id == Payment.account_id,
        is_fresh(service.now(), policy.good_for),
    )
    with joining_whole_tables(session):
        confirmed = session.scalar(select(func.count(Payment.account_id.distinct())).where(mine, answered))
    return {
        "payment_count": count,
        "item_count": item_count(session, payroll.id),
        "total_pence": int(total),
        "median_pence": median,
        "account_count": accounts,
        "confirmed_count": confirmed or 0,
    }


def facts_of_payroll(session: Session, service: Service, payroll: Payroll, totals: dict[str, int]) -> PayrollFacts:
    """What the checks of the payroll as a whole are told, once every chunk is done."""
    due_count, due_pence = due_in_all(session, payroll)
    again = payroll.kind is PayrollKind.REISSUE
    entered = paid_again_by(session, payroll.id) if again else one_offs.paid_by(session, payroll.id)
    return facts_of(
        session,
        service,
        payroll,
        totals,
        due_count=due_count + entered.payments,
        due_pence=due_pence + entered.pence,
        unexplained=unexplained_in(session, payroll.id),
        last=last_payroll(session, payroll),
        pay_date=payroll.pay_date,
        holidays_until=service.calendar.last,
        funds=funds_for(session, payroll),
        expected=expected_of(session, payroll),
        unpaid_count=payroll.unpaid_count,
    )


def facts_of_chunk(
    session: Session, service: Service, payroll: Payroll, chunk: CheckChunk, totals: dict[str, int]
) -> PayrollFacts:
    """What the checks of the payments in a chunk are told."""
    here = (Payment.payroll_id == payroll.id) & ordinals(chunk.first, chunk.last)
    awards = {award_id for award_id in session.scalars(select(Payment.award_id).where(here)) if award_id is not None}
    limits = settings_at(session, payroll.scheme_id, payroll.made_at).thresholds
    return facts_of(
        session,
        service,
        payroll,
        totals,
        paid_last=history.paid_before(session, payroll, chunk, most=limits.change_payments),
        changed_awards=history.changed_awards(session, payroll, awards),
        paid_elsewhere=elsewhere.same_account_and_amount(session, payroll, chunk, days_back=limits.days_back),
        periods_elsewhere=elsewhere.same_period(session, payroll, chunk),
        shared_accounts={bytes.fromhex(key): payees for key, payees in chunk.shared_accounts.items()},
        several_payments={UUID(key): payments for key, payments in chunk.several_payments.items()},
        items_over_limit=dict(items_over_limit(session, payroll, here)),
        arrears=arrears_by_award(session, payroll.id, awards),
        paid_before=frozenset(paid_before(session, payroll, chunk)),
        duplicates=duplicates.paid_here(session, payroll, here),
        confirmations=standing_in_payroll(session, payroll.id, first=chunk.first, last=chunk.last),
    )


def facts_of(
    session: Session, service: Service, payroll: Payroll, totals: dict[str, int], **others: Any
) -> PayrollFacts:
    limits = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    given: dict[str, Any] = {**totals, **others}
    return PayrollFacts(
        **given,
        payment_limit_pence=limits.payment_limit_pence,
        payroll_limit_pence=limits.payroll_limit_pence,
        item_limit_pence=most_for_one(payroll, profile),
        file_limit_pence=profile.file_limit_pence,
        items_per_file=profile.items_per_file,
        file_format=profile.file_format,
        deadline_at=payroll.deadline_at,
        now=service.now(),
        name_policy=policy_at(session, payroll.made_at),
        settings=settings_at(session, payroll.scheme_id, payroll.made_at),
    )


def most_for_one(payroll: Payroll, profile: BankProfile) -> int:
    """What the bank takes for one item, in pence; Faster Payments have a limit of their own."""
    urgent = payroll.kind is PayrollKind.URGENT
    return min(profile.item_limit_pence, Scheme.FASTER_PAYMENTS.limit_pence) if urgent else profile.item_limit_pence


def last_payroll(session: Session, payroll: Payroll) -> LastPayroll | None:
    """What the payroll was compared with."""
    comparison = comparison_of(session, payroll.id)
    last = against(session, comparison) if comparison is not None else None
    if comparison is None or last is None:
        return None
    return LastPayroll(last.number, comparison.then_count, comparison.then_pence)


def items_over_limit(session: Session, payroll: Payroll, here: ColumnElement[bool]) -> Iterator[tuple[UUID, int]]:
    """Payments of a chunk that go with others in an item of more pence than the bank takes for one, with its pence."""
    most = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id)).item_limit_pence
    combined = set(session.scalars(select(Payment.payee_id).where(here, Payment.combined)))
    if not combined:
        return
    pence = func.sum(Payment.amount_pence)
    over = (
        select(Payment.payee_id, Payment.account_id, pence.label("pence"))
        .where(in_payroll(payroll.id), Payment.combined, Payment.payee_id == one_of(combined))
        .group_by(Payment.payee_id, Payment.account_id)
        .having(pence > most)
        .subquery()
    )
    rows = session.execute(
        select(Payment.id, over.c.pence)
        .join(over, (over.c.payee_id == Payment.payee_id) & (over.c.account_id == Payment.account_id))
        .where(here, Payment.combined)
    )
    for payment_id, together in rows:
        yield payment_id, int(together)


def paid_before(session: Session, payroll: Payroll, chunk: CheckChunk) -> Iterator[Any]:
    """Awards paid in a chunk that were paid to the same bank details by another payroll before."""
    earlier = aliased(Payment)
    was_paid = exists().where(
        earlier.body_id == Payment.body_id,
        earlier.payee_id == Payment.payee_id,
        earlier.award_id == Payment.award_id,
        earlier.account_id == Payment.account_id,
        earlier.payroll_id != payroll.id,
        earlier.status.in_(GONE_OUT),
    )
    here = (Payment.payroll_id == payroll.id) & ordinals(chunk.first, chunk.last)
    yield from session.scalars(select(Payment.award_id).where(here, was_paid))
