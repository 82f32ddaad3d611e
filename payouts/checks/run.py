"""Running all checks over a payroll: one pass over its payments, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from payouts.building import awards_due, stale
from payouts.checks import accounts, amounts, confirmation, dates, duplicates, names
from payouts.checks.facts import OfPayment, OfPayroll, PayrollFacts
from payouts.checks.finding import SEVERITIES, Found, count_groups
from payouts.confirmation.codes import Code
from payouts.confirmation.confirmation import is_old, standing_in_payroll
from payouts.payment import Payment, PaymentStatus, lines_of
from payouts.payment_part import arrears_by_award
from payouts.payroll import Payroll, PayrollStatus, get_payroll, move
from schemes.account import Account
from schemes.bank_profile import BankProfile
from schemes.database import copy_rows, in_chunks, new_id
from schemes.name_policy import policy_at
from schemes.scheme_version import version_of

if TYPE_CHECKING:
    from payouts.app import Service

OF_PAYROLL: tuple[OfPayroll, ...] = (
    amounts.totals_agree,
    amounts.whole_within_limits,
    dates.in_time,
    confirmation.asked,
)
OF_PAYMENT: tuple[OfPayment, ...] = (
    amounts.within_limits,
    amounts.unusually_large,
    amounts.arrears,
    accounts.digits,
    accounts.confirmed,
    accounts.shared,
    accounts.several_payments,
    accounts.first_payment,
    duplicates.paid_twice,
    names.on_the_wire,
    confirmation.answered,
)
COLUMNS = ("body_id", "id", "payroll_id", "kind", "severity", "payment_id", "facts")
CHUNK = 5000


def check(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Run the checks of a payroll that has just been built, and store what they find."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if stale(payroll, args):
        return
    facts = read_facts(session, service, payroll)
    severities = {**SEVERITIES, **confirmation.severities(facts.name_policy)}
    for chunk in in_chunks(found_in(session, payroll, facts), CHUNK):
        rows = (
            (
                payroll.body_id,
                new_id(),
                payroll.id,
                found.kind.value,
                severities[found.kind].value,
                found.payment_id,
                json.dumps(found.facts),
            )
            for found in chunk
        )
        copy_rows(session, "finding", COLUMNS, rows)
    count_groups(session, payroll)
    move(session, payroll, PayrollStatus.CHECKED, by=None, at=service.now())


def found_in(session: Session, payroll: Payroll, facts: PayrollFacts) -> Iterator[Found]:
    for of_payroll in OF_PAYROLL:
        yield from of_payroll(facts)
    # read whole before anything is written: a streamed read and a COPY cannot share the connection
    for payment in list(lines_of(session, payroll.id)):
        for of_payment in OF_PAYMENT:
            yield from of_payment(payment, facts)


def read_facts(session: Session, service: Service, payroll: Payroll) -> PayrollFacts:
    """Everything the checks ask, in a handful of queries."""
    limits = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    mine = Payment.payroll_id == payroll.id
    count, total, median = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Payment.amount_pence), 0),
            func.coalesce(func.percentile_disc(0.5).within_group(Payment.amount_pence), 0),
        ).where(mine)
    ).one()
    due_count, due_pence = awards_due(session, payroll)
    on_account = (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id)
    payees_each = func.count(Payment.payee_id.distinct())
    shared = session.execute(
        select(Account.fingerprint, payees_each)
        .join(Payment, on_account)
        .where(mine)
        .group_by(Account.fingerprint)
        .having(payees_each > 1)
    )
    several = session.execute(
        select(Payment.payee_id, func.count()).where(mine).group_by(Payment.payee_id).having(func.count() > 1)
    )
    return PayrollFacts(
        payment_count=count,
        total_pence=int(total),
        due_count=due_count,
        due_pence=due_pence,
        median_pence=median,
        payment_limit_pence=limits.payment_limit_pence,
        payroll_limit_pence=limits.payroll_limit_pence,
        item_limit_pence=profile.item_limit_pence,
        file_limit_pence=profile.file_limit_pence,
        items_per_file=profile.items_per_file,
        deadline_at=payroll.deadline_at,
        now=service.now(),
        shared_accounts={bytes(fingerprint): payees for fingerprint, payees in shared},
        several_payments=dict(several.all()),
        arrears=arrears_by_award(session, payroll.id),
        paid_before=frozenset(paid_before(session, payroll)),
        duplicates=duplicates.paid_here(session, payroll),
        **confirmations(session, service, payroll),
    )


def confirmations(session: Session, service: Service, payroll: Payroll) -> dict[str, Any]:
    """The answers that the payroll's accounts go by, and of how many accounts that is."""
    policy = policy_at(session, payroll.made_at)
    found = standing_in_payroll(session, payroll.id)
    accounts_paid = select(func.count(Payment.account_id.distinct())).where(Payment.payroll_id == payroll.id)
    fresh = [
        a
        for a in found.values()
        if a.code is not Code.NO_ANSWER and not is_old(a.asked_at, service.now(), policy.good_for)
    ]
    return {
        "confirmations": found,
        "account_count": session.scalar(accounts_paid) or 0,
        "confirmed_count": len(fresh),
        "name_policy": policy,
    }


def paid_before(session: Session, payroll: Payroll) -> Iterator[UUID]:
    """Awards of this payroll that were paid to the same bank details by another payroll before."""
    earlier = aliased(Payment)
    was_paid = exists().where(
        earlier.body_id == Payment.body_id,
        earlier.payee_id == Payment.payee_id,
        earlier.award_id == Payment.award_id,
        earlier.account_id == Payment.account_id,
        earlier.payroll_id != payroll.id,
        earlier.status.in_((PaymentStatus.RELEASED, PaymentStatus.SUBMITTED)),
    )
    yield from session.scalars(select(Payment.award_id).where(Payment.payroll_id == payroll.id, was_paid))
