"""Paying again what came back: a payroll of payments whose keys their return has freed, each to one successor.

A payment is paid again as what it was: for the same beneficiary, period and amount, into the bank details of today.
Whatever payroll pays under its key is its successor, and when that one is released, the case is over.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, exists, func, literal, or_, select, text, true
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from bacs.calendar import Calendar
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.one_offs import Sum
from payouts.payment import LIVE_EARLIER, Payment, PaymentStatus
from payouts.payroll import Payroll, PayrollKind, PayrollStatus, add_payroll, get_payroll
from payouts.responses.file_word import FileSays, FileWord
from payouts.returns.reason import Reason
from payouts.returns.returned import OPEN, CaseStatus, ReturnedPayment
from payouts.tasks import outbox
from schemes import audit
from schemes.account import Account, usable_on
from schemes.claim import standing
from schemes.database import Base, copy_rows, in_chunks, take_turns, to_body_row
from schemes.errors import Refused
from schemes.hold import Hold, HoldKind
from schemes.person import Actor, Role
from schemes.scheme_version import paid_on, versions_of

DECIDED_ONE_BY_ONE = (Reason.DUPLICATE, Reason.UNKNOWN)
"""Reasons for which somebody names the payment that is paid again, unless the payee has another account by now."""


class Reissue(Base):
    """That a payroll pays a returned payment again, if it can."""

    __tablename__ = "reissue"
    __table_args__ = (to_body_row("payroll", "payroll_id"), to_body_row("returned_payment", "returned_payment_id"))

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    returned_payment_id: Mapped[UUID] = mapped_column(primary_key=True)


class NothingToReissue(Refused):
    """No returned payment of the scheme can be paid again now."""


class NotToReissue(Refused):
    """Some of the payments that were named cannot be paid again: they are paid again already, or settled otherwise."""

    def __init__(self, references: list[str]) -> None:
        super().__init__(f"cannot be paid again: {', '.join(references)}")
        self.references = references


def waits_for_payroll() -> ColumnElement[bool]:
    """Of cases those that are open and that no payroll is about to pay again."""
    original, earlier = aliased(Payment), aliased(Payment, name="earlier")
    successor = (
        select(earlier.id)
        .join(
            original,
            (original.body_id == earlier.body_id)
            & (original.scheme_id == earlier.scheme_id)
            & (original.beneficiary_id == earlier.beneficiary_id)
            & (original.period_first_day == earlier.period_first_day)
            & (original.component == earlier.component)
            & (original.sequence == earlier.sequence),
        )
        .where(original.body_id == ReturnedPayment.body_id, original.id == ReturnedPayment.payment_id, LIVE_EARLIER)
    )
    return ReturnedPayment.status.in_(OPEN) & ~successor.exists() & ~named_already()


def named_already() -> ColumnElement[bool]:
    """Of cases, that a payroll is to pay them again that has no payments yet, as it is being built."""
    return exists().where(
        Reissue.body_id == ReturnedPayment.body_id,
        Reissue.returned_payment_id == ReturnedPayment.id,
        Payroll.body_id == Reissue.body_id,
        Payroll.id == Reissue.payroll_id,
        Payroll.status == PayrollStatus.BUILDING,
    )


def ready(scheme_id: UUID, day: date, *, named: Collection[UUID] | None = None) -> Select[UUID]:
    """The cases of a scheme that can be paid again on a day: to an account in use that is not stopped, without a hold.

    Where somebody has died, to whom two people saw to be paid instead (`schemes.claim`). named: these only, whatever
    the reason.
    """
    instead = select(standing(ReturnedPayment.payee_id, Payment.beneficiary_id, day).label("payee_id")).lateral(
        "instead"
    )
    whom = func.coalesce(instead.c.payee_id, ReturnedPayment.payee_id)
    account = (
        select(Account.id, Account.stopped_as)
        .where(Account.body_id == ReturnedPayment.body_id, Account.payee_id == whom, usable_on(day))
        .order_by(Account.version.desc())
        .limit(1)
        .lateral("in_use")
    )
    # that the beneficiary has died does not stop what their estate is paid
    held = exists().where(
        Hold.body_id == Payment.body_id,
        Hold.lifted_at.is_(None),
        or_(
            Hold.payee_id == whom,
            (Hold.beneficiary_id == Payment.beneficiary_id)
            & or_(Hold.kind != HoldKind.DECEASED, instead.c.payee_id.is_(None)),
        ),
    )
    found = (
        select(ReturnedPayment.id)
        .join(Payment, (Payment.body_id == ReturnedPayment.body_id) & (Payment.id == ReturnedPayment.payment_id))
        .join(instead, true())
        .join(account, true())
        .where(ReturnedPayment.scheme_id == scheme_id, waits_for_payroll(), account.c.stopped_as.is_(None), ~held)
        .order_by(ReturnedPayment.id)
    )
    if named is not None:
        return found.where(ReturnedPayment.id == any_(literal(list(named), ARRAY(UuidType()))))
    sure = or_(account.c.id != Payment.account_id, ReturnedPayment.reason.not_in(DECIDED_ONE_BY_ONE))
    wanted = or_(ReturnedPayment.reason != Reason.REQUESTED, of_withdrawn_file())
    return found.where(sure, wanted, ReturnedPayment.status == CaseStatus.HELD)


def of_withdrawn_file() -> ColumnElement[bool]:
    """Of payments, that their whole file was taken back: what was wrong with it was wrong with none of them alone.

    One that the body asked for by itself was not to be paid, so whether it is owed after all is decided by name.
    """
    return exists().where(
        FileWord.body_id == Payment.body_id, FileWord.file_id == Payment.file_id, FileWord.says == FileSays.WITHDRAWN
    )


def paid_again_by(session: Session, payroll_id: UUID, *payments: UUID) -> Sum:
    """What a payroll pays again, by the payments that came back, not by what was built."""
    original = aliased(Payment)
    found = (
        select(func.count(), func.coalesce(func.sum(original.amount_pence), 0))
        .select_from(Reissue)
        .join(
            ReturnedPayment,
            (ReturnedPayment.body_id == Reissue.body_id) & (ReturnedPayment.id == Reissue.returned_payment_id),
        )
        .join(original, (original.body_id == ReturnedPayment.body_id) & (original.id == ReturnedPayment.payment_id))
        .join(
            Payment,
            (Payment.body_id == Reissue.body_id)
            & (Payment.payroll_id == Reissue.payroll_id)
            & (Payment.beneficiary_id == original.beneficiary_id)
            & (Payment.period_first_day == original.period_first_day)
            & (Payment.component == original.component)
            & (Payment.sequence == original.sequence),
        )
        .where(Reissue.payroll_id == payroll_id, Payment.status != PaymentStatus.CANCELLED)
    )
    if payments:
        found = found.where(Payment.id.in_(payments))
    else:
        found = found.where(Payment.status != PaymentStatus.TAKEN_OUT)
    count, pence = session.execute(found).one()
    return Sum(count, int(pence))


def ready_sum(session: Session, scheme_id: UUID, day: date) -> Sum:
    some = ready(scheme_id, day).order_by(None).subquery()
    found = select(func.count(), func.coalesce(func.sum(ReturnedPayment.amount_pence), 0)).join(
        some, some.c.id == ReturnedPayment.id
    )
    count, pence = session.execute(found).one()
    return Sum(count, int(pence))


def create_reissue(
    session: Session,
    calendar: Calendar,
    *,
    payroll_id: UUID,
    scheme_id: UUID,
    named: Collection[UUID] | None,
    pay_date: date,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Create a payroll of the returned payments that are ready, or of those that are named (ids of cases).

    The gates and the bank profile are those of the scheme's terms on the pay date. The same id again returns the first.
    Raises NothingToReissue, NotToReissue, PayDateRefused, NoPeriod, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=scheme_id)
    take_turns(session, "payroll number")
    there = session.get(Payroll, (by.body_id, payroll_id))
    if there is not None:
        return there
    chosen = session.scalars(ready(scheme_id, pay_date, named=named)).all()
    if named is not None and len(chosen) < len(set(named)):
        raise NotToReissue(references_of(session, set(named) - set(chosen)))
    if not chosen:
        raise NothingToReissue
    terms, period = paid_on(versions_of(session, scheme_id), pay_date, calendar)
    payroll = add_payroll(
        session,
        calendar,
        payroll_id=payroll_id,
        scheme_id=scheme_id,
        version_number=terms.number,
        terms=terms.definition,
        period=period,
        pay_date=pay_date,
        kind=PayrollKind.REISSUE,
        by=by,
        at=at,
    )
    rows = ((by.body_id, payroll.id, case_id) for case_id in chosen)
    copy_rows(session, "reissue", ("body_id", "payroll_id", "returned_payment_id"), rows)
    return payroll


def references_of(session: Session, case_ids: Collection[UUID]) -> list[str]:
    """The references of the payments of some cases, as far as there are any."""
    rows = select(Payment.reference).join(
        ReturnedPayment,
        (ReturnedPayment.body_id == Payment.body_id) & (ReturnedPayment.payment_id == Payment.id),
    )
    return sorted(session.scalars(rows.where(ReturnedPayment.id.in_(case_ids))))


def ask_for_chunks(session: Session, payroll: Payroll, *, begin: int, size: int, at: datetime) -> int:
    """Have the payments built that a payroll makes again, in chunks from a number on; returns how many chunks."""
    if payroll.kind is not PayrollKind.REISSUE:
        return 0
    named = select(Reissue.returned_payment_id).where(Reissue.payroll_id == payroll.id)
    asked = 0
    ids = session.scalars(named.order_by(Reissue.returned_payment_id))
    for number, chunk in enumerate(in_chunks(ids, size), start=begin):
        asked += 1
        outbox.add(
            session,
            "payroll.build_reissues",
            once=f"payroll.build/{payroll.id}/{payroll.build}/{number}",
            at=at,
            payroll_id=str(payroll.id),
            build=payroll.build,
            chunk=number,
            first=str(chunk[0]),
            last=str(chunk[-1]),
        )
    return asked


LINK = text(
    """
    UPDATE returned_payment SET status = 'reissued', successor_id = successor.id, ended_at = :at
      FROM payment successor
      JOIN payment original
        ON original.body_id = successor.body_id AND original.scheme_id = successor.scheme_id
       AND original.beneficiary_id = successor.beneficiary_id
       AND original.period_first_day = successor.period_first_day
       AND original.component = successor.component AND original.sequence = successor.sequence
       AND original.id <> successor.id
     WHERE successor.payroll_id = :payroll_id AND successor.status = 'released'
       AND returned_payment.body_id = original.body_id AND returned_payment.payment_id = original.id
       AND returned_payment.status IN ('held', 'kept')
    RETURNING returned_payment.payment_id, returned_payment.id
    """
)


def end_cases(session: Session, payroll: Payroll, *, at: datetime) -> int:
    """A payroll was released: what it pays again is put right. Returns how many cases ended."""
    if session.scalar(select(exists().where(ReturnedPayment.status.in_(OPEN)))) is False:
        return 0
    ended = session.execute(LINK, {"payroll_id": payroll.id, "at": at}).all()
    if ended:
        post(session, Event.REISSUED, [payment_id for payment_id, _ in ended], at=at)
        audit.record(session, "returns.reissued", by=None, about=payroll, at=at, payments=len(ended))
        cases, table = [case_id for _, case_id in ended], ReturnedPayment.__tablename__
        audit.record_many(session, "return.reissued", cases, subject_type=table, by=None, at=at)
    return len(ended)


def payrolls_paying(session: Session, case: ReturnedPayment) -> Payroll | None:
    """The payroll that pays a case's payment again, or is about to."""
    found = session.execute(paying([case.id])).first()
    return get_payroll(session, found[1]) if found is not None else None


def numbers_paying(session: Session, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Of some cases those that a payroll pays again, or is about to, each with the payroll's number."""
    some = paying(case_ids).subquery()
    of_payroll = (Payroll.body_id == session.info["body_id"]) & (Payroll.id == some.c.payroll_id)
    return dict(session.execute(select(some.c.id, Payroll.number).join(Payroll, of_payroll)).all())


def paying(case_ids: Collection[UUID]) -> Select[UUID, UUID]:
    original, earlier = aliased(Payment), aliased(Payment, name="earlier")
    return (
        select(ReturnedPayment.id, earlier.payroll_id)
        .join(original, (original.body_id == ReturnedPayment.body_id) & (original.id == ReturnedPayment.payment_id))
        .join(
            earlier,
            (original.body_id == earlier.body_id)
            & (original.scheme_id == earlier.scheme_id)
            & (original.beneficiary_id == earlier.beneficiary_id)
            & (original.period_first_day == earlier.period_first_day)
            & (original.component == earlier.component)
            & (original.sequence == earlier.sequence),
        )
        .where(ReturnedPayment.id.in_(case_ids), LIVE_EARLIER)
    )
