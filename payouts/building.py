"""Building a payroll: awards due become payments, chunk by chunk, in any worker, each under its permanent key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, select, true, update
from sqlalchemy.orm import Session

from payouts.checks.finding import Finding, FindingGroup
from payouts.entitlement import Due, NotDue, entitlement
from payouts.payment import Payment, PaymentStatus, Unpaid, UnpaidReason
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks import outbox
from schemes.account import Account, Stopped, usable_on
from schemes.award import Award
from schemes.database import copy_rows, in_chunks, new_id
from schemes.definition import Definition
from schemes.hold import GRAVEST_FIRST, HoldKind, gravest
from schemes.payment_reference import payment_reference
from schemes.period import Period
from schemes.scheme_version import version_of

if TYPE_CHECKING:
    from payouts.app import Service

CHUNK = 2000
QUARTER = timedelta(days=92)
COLUMNS = (
    "body_id",
    "id",
    "payroll_id",
    "scheme_id",
    "beneficiary_id",
    "payee_id",
    "account_id",
    "award_id",
    "period_first_day",
    "period_last_day",
    "component",
    "sequence",
    "ordinal",
    "amount_pence",
    "reference",
    "status",
)
UNPAID_COLUMNS = ("body_id", "id", "payroll_id", "award_id", "beneficiary_id", "reason")


@dataclass(frozen=True)
class AwardLine:
    """An award with the bank details it would be paid to.

    stopped: nothing is paid into them any more. held: nothing is paid to the payee, or for the beneficiary.
    """

    id: UUID
    beneficiary_id: UUID
    payee_id: UUID
    component: str
    amount_pence: int
    first_day: date
    last_day: date | None
    account_id: UUID | None
    stopped: Stopped | None
    hold_place: int | None

    @property
    def held(self) -> HoldKind | None:
        return None if self.hold_place is None else GRAVEST_FIRST[self.hold_place]


def plan(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Clear what an earlier build left, and cut the scheme's awards into chunks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if stale(payroll, args):
        return
    for model in (Finding, FindingGroup, Unpaid, Payment):
        session.execute(
            delete(model).where(model.payroll_id == payroll.id).execution_options(synchronize_session=False)
        )
    payroll.payment_count = payroll.total_pence = payroll.unpaid_count = payroll.progress_done = 0
    bounds = list(chunk_bounds(session, payroll))
    payroll.progress_total = len(bounds)
    for number, (first, last) in enumerate(bounds):
        outbox.add(
            session,
            "payroll.build",
            once=f"payroll.build/{payroll.id}/{payroll.build}/{number}",
            at=service.now(),
            payroll_id=str(payroll.id),
            build=payroll.build,
            chunk=number,
            first=str(first),
            last=str(last),
        )
    if not bounds:
        ask_for_checks(session, service, payroll)


def chunk_bounds(session: Session, payroll: Payroll) -> Iterator[tuple[UUID, UUID]]:
    """First and last award id of each chunk, in order."""
    ids = session.scalars(
        select(Award.id)
        .where(Award.scheme_id == payroll.scheme_id)
        .order_by(Award.id)
        .execution_options(yield_per=10_000)
    )
    for chunk in in_chunks(ids, CHUNK):
        yield chunk[0], chunk[-1]


def stale(payroll: Payroll, args: Mapping[str, Any]) -> bool:
    """Whether the work belongs to an earlier build, or the payroll was given up meanwhile."""
    return payroll.status is not PayrollStatus.BUILDING or payroll.build != args["build"]


def build_chunk(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Build the payments of one chunk of awards; the last chunk to finish asks for the checks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    if stale(payroll, args):
        return
    definition = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    period = Period(payroll.period_first_day, payroll.period_last_day)
    payments, unpaid = [], []
    awards = awards_between(session, payroll, UUID(args["first"]), UUID(args["last"]))
    for position, award in enumerate(awards, start=1):
        due = entitlement(award.first_day, award.last_day, award.amount_pence, period)
        if isinstance(due, NotDue):
            if of_interest(award, period):
                unpaid.append(unpaid_row(payroll, award, UnpaidReason(due.value)))
        elif award.held is not None:
            unpaid.append(unpaid_row(payroll, award, UnpaidReason(award.held.value)))
        elif award.account_id is None:
            unpaid.append(unpaid_row(payroll, award, UnpaidReason.NO_CONFIRMED_BANK_DETAILS))
        elif award.stopped is not None:
            unpaid.append(unpaid_row(payroll, award, UnpaidReason.BANK_DETAILS_STOPPED))
        else:
            payments.append(payment_row(payroll, definition, award, due, args["chunk"] * CHUNK + position))
    built = insert_payments(session, payments)
    paid_already = [row for row in payments if row[1] not in built]
    awards_by_id = {award.id: award for award in awards}
    unpaid += [unpaid_row(payroll, awards_by_id[row[7]], UnpaidReason.PAID_ALREADY) for row in paid_already]
    copy_rows(session, "unpaid", UNPAID_COLUMNS, unpaid)
    total_pence = sum(row[13] for row in payments if row[1] in built)
    finish_chunk(session, service, payroll, len(built), total_pence, len(unpaid))


def of_interest(award: AwardLine, period: Period) -> bool:
    """Whether a person would ask why this award is not paid: not of one that ended more than a quarter ago."""
    return award.last_day is None or award.last_day >= period.first_day - QUARTER


def awards_between(session: Session, payroll: Payroll, first: UUID, last: UUID) -> Sequence[AwardLine]:
    """Awards of a scheme in a range of ids, each with what it would be paid to on the day that the files leave."""
    in_use = (
        select(Account.id, Account.stopped_as)
        .where(Account.body_id == Award.body_id, Account.payee_id == Award.payee_id, usable_on(payroll.input_day))
        .order_by(Account.version.desc())
        .limit(1)
        .lateral("in_use")
    )
    rows = session.execute(
        select(
            Award.id,
            Award.beneficiary_id,
            Award.payee_id,
            Award.component,
            Award.amount_pence,
            Award.first_day,
            Award.last_day,
            in_use.c.id,
            in_use.c.stopped_as,
            gravest(Award.payee_id, Award.beneficiary_id),
        )
        .outerjoin(in_use, true())
        .where(Award.scheme_id == payroll.scheme_id, Award.id.between(first, last))
        .order_by(Award.id)
    )
    return [AwardLine(*row) for row in rows]


def payment_row(payroll: Payroll, definition: Definition, award: AwardLine, due: Due, ordinal: int) -> tuple[Any, ...]:
    return (
        payroll.body_id,
        new_id(),
        payroll.id,
        payroll.scheme_id,
        award.beneficiary_id,
        award.payee_id,
        award.account_id,
        award.id,
        due.period.first_day,
        due.period.last_day,
        award.component,
        1,
        ordinal,
        due.amount_pence,
        payment_reference(definition.reference, scheme=definition.code, payroll=payroll.number, number=ordinal),
        PaymentStatus.PREPARED.value,
    )


def unpaid_row(payroll: Payroll, award: AwardLine, reason: UnpaidReason) -> tuple[Any, ...]:
    return payroll.body_id, new_id(), payroll.id, award.id, award.beneficiary_id, reason.value


def insert_payments(session: Session, payments: list[tuple[Any, ...]]) -> set[UUID]:
    """Insert payments, leaving out any whose permanent key is taken; returns the ids that are in."""
    copy_rows(session, "payment", COLUMNS, payments, unless_there=True)
    ids = [row[1] for row in payments]
    return set(session.scalars(select(Payment.id).where(Payment.id.in_(ids))))


def finish_chunk(
    session: Session, service: Service, payroll: Payroll, count: int, total_pence: int, unpaid: int
) -> None:
    """Add the chunk to the payroll's figures. One short row lock at the end: chunks run side by side until here."""
    done, total = session.execute(
        update(Payroll)
        .where(Payroll.id == payroll.id)
        .values(
            progress_done=Payroll.progress_done + 1,
            payment_count=Payroll.payment_count + count,
            total_pence=Payroll.total_pence + total_pence,
            unpaid_count=Payroll.unpaid_count + unpaid,
        )
        .returning(Payroll.progress_done, Payroll.progress_total)
        .execution_options(synchronize_session=False)
    ).one()
    if done == total:
        ask_for_checks(session, service, payroll)


def ask_for_checks(session: Session, service: Service, payroll: Payroll) -> None:
    outbox.add(
        session,
        "payroll.check",
        once=f"payroll.check/{payroll.id}/{payroll.build}",
        at=service.now(),
        payroll_id=str(payroll.id),
        build=payroll.build,
    )


def awards_due(session: Session, payroll: Payroll) -> tuple[int, int]:
    """Count and total in pence of what the awards say is due, less what is listed as unpaid.

    Reads the awards anew, through the one entitlement: the checks hold it against the payments that were built.
    """
    period = Period(payroll.period_first_day, payroll.period_last_day)
    unpaid = set(
        session.scalars(
            select(Unpaid.award_id).where(Unpaid.payroll_id == payroll.id).execution_options(yield_per=10_000)
        )
    )
    awards = session.execute(
        select(Award.id, Award.first_day, Award.last_day, Award.amount_pence)
        .where(Award.scheme_id == payroll.scheme_id)
        .execution_options(yield_per=10_000)
    )
    count = total_pence = 0
    for award_id, first_day, last_day, amount_pence in awards:
        due = entitlement(first_day, last_day, amount_pence, period)
        if isinstance(due, Due) and award_id not in unpaid:
            count += 1
            total_pence += due.amount_pence
    return count, total_pence
