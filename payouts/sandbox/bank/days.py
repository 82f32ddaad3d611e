"""The bank of a sandbox body: when somebody lets its next day pass, it sends what it has to say on that day.

What comes is received as from any bank, and read by the same jobs. What goes wrong is decided once for each payroll: by
its magic accounts, and by how many credits whoever began wanted to see returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.responses.response import RECEIVERS, keep
from payouts.sandbox.bank import messages
from payouts.sandbox.bank.cycle import FIRST_BALANCE_PENCE, Course, Delivery, take
from payouts.sandbox.bank.recalled import answer, recalled
from payouts.statement.statement import BankStatement
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import BankProfile
from schemes.body import get_body
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import NotNow, OutOfRange, Refused
from schemes.person import Actor

if TYPE_CHECKING:
    from payouts.app import Service

OUT = (PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED, PayrollStatus.CLOSED)
MOST_RETURNS = 50


class NotASandbox(Refused):
    """The days of a real bank pass by themselves."""


class NothingMoreToSay(Refused):
    """The bank has said everything about this payroll."""


class BankDay(BodyOwned, Base):
    """How far the sandbox's bank is with a payroll. The script never changes, so that its days follow one another.

    asked: how many days people let pass. reached: the last day that passed; next_day: the one with something to say
    after it, None when everything was said, or nothing yet. recalls: what becomes of each that the bank was asked for.
    """

    __tablename__ = "bank_day"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("returned between 0 and 50", name="returned"),
    )

    payroll_id: Mapped[UUID]
    returned: Mapped[int]
    asked: Mapped[int]
    reached: Mapped[date | None]
    next_day: Mapped[date | None]
    recalls: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")

    @property
    def is_passing(self) -> bool:
        return self.reached is None and self.asked > 0

    @property
    def is_over(self) -> bool:
        return self.reached is not None and self.next_day is None


class SandboxAccount(BodyOwned, Base):
    """The account of a bank profile at the sandbox's bank: how many statements there were, and the last balance."""

    __tablename__ = "sandbox_account"
    __table_args__ = (UniqueConstraint("body_id", "line_id"), to_body_row("bank_profile", "line_id"))

    line_id: Mapped[UUID]
    statements: Mapped[int]
    balance_pence: Mapped[int] = mapped_column(BigInteger)


def day_of(session: Session, payroll_id: UUID) -> BankDay | None:
    return session.scalars(select(BankDay).where(BankDay.payroll_id == payroll_id)).one_or_none()


def ask_next(session: Session, payroll: Payroll, *, returned: int, by: Actor, at: datetime) -> BankDay:
    """Let the bank's next day pass, on a payroll locked by the caller; a job does it.

    returned: how many credits come back besides those to magic accounts; counts the first time only. Raises
    NotASandbox, NothingMoreToSay, OutOfRange, NotNow, NotAllowed.
    """
    by.must_be(*RECEIVERS, scheme=payroll.scheme_id)
    if not get_body(session).is_sandbox:
        raise NotASandbox
    if payroll.status not in OUT:
        raise NotNow("payroll", payroll.status, "answered by the bank")
    if not 0 <= returned <= MOST_RETURNS:
        raise OutOfRange("returned", returned, 0, MOST_RETURNS)
    row = day_of(session, payroll.id)
    if row is None:
        row = BankDay(
            body_id=payroll.body_id, id=new_id(), payroll_id=payroll.id, returned=returned, asked=0, recalls={}
        )
        session.add(row)
    if row.is_over:
        raise NothingMoreToSay
    row.asked += 1
    session.flush()
    outbox.add(
        session,
        "sandbox.bank_day",
        once=f"sandbox.bank_day/{payroll.id}/{row.asked}",
        at=at,
        payroll_id=str(payroll.id),
        person_id=str(by.person_id),
    )
    return row


def pass_day(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Send what the bank says on its next day about a payroll."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    row, at = day_of(session, payroll.id), service.now()
    assert row is not None, "somebody asked for the day"
    row.recalls = answer(session, service, payroll, row.recalls, reached=row.reached, at=at)
    courses = courses_of(session, service, payroll, row)
    days = {each.day for course in courses for each in course.deliveries}
    days |= {each.day for course in courses for each in course.bookings}
    left = [day for day in sorted(days) if row.reached is None or day > row.reached]
    if not left:
        row.next_day = None
        return
    row.reached, row.next_day = left[0], left[1] if len(left) > 1 else None
    said = [each for course in courses for each in course.deliveries if each.day == row.reached]
    said += statements_of(session, payroll, courses, row.reached)
    for delivery in said:
        keep(
            session,
            service.seals,
            response_id=new_id(),
            file_name=delivery.name,
            content=delivery.content,
            received_by=UUID(args["person_id"]),
            by=None,
            at=at,
        )
    audit.record(session, "sandbox.bank_day", by=None, about=payroll, at=at, day=f"{row.reached}", files=len(said))


def courses_of(session: Session, service: Service, payroll: Payroll, row: BankDay) -> list[Course]:
    """How the bank takes each file of a payroll: worked out anew each time, and always the same."""
    courses = []
    # what was asked for is of the payroll, not of each file
    returned = row.returned
    for file in files_of(session, payroll.id):
        script = replace(recalled(session, service, payroll, file, row.recalls), seed=payroll.number, returned=returned)
        with open_content(session, service.seals, file) as content:
            courses.append(take(content, script, calendar=service.calendar, received_on=payroll.input_day))
        returned = 0
    return courses


def statements_of(session: Session, payroll: Payroll, courses: list[Course], day: date) -> list[Delivery]:
    """The account's statement of a day, if anything of this payroll was booked on it; it follows the last one.

    Each payroll's days pass by themselves, but an account's never go back: what would be booked before the last
    statement's day is booked on that day.
    """
    bookings = [each for course in courses for each in course.bookings if each.day == day]
    if not bookings:
        return []
    account = account_of(session, payroll)
    last = session.scalar(select(func.max(BankStatement.to_day)).where(BankStatement.line_id == account.line_id))
    day = max(day, last or day)
    bookings = [each._replace(day=day) for each in bookings]
    number, opening = account.statements + 1, account.balance_pence
    content = messages.statement(courses[0].account, day, number, opening, bookings)
    account.statements = number
    account.balance_pence = opening + sum(
        each.amount_pence if each.is_credit else -each.amount_pence for each in bookings
    )
    session.flush()
    return [Delivery(day, f"Camt053_{courses[0].account}_{number}.xml", content)]


def account_of(session: Session, payroll: Payroll) -> SandboxAccount:
    """The account that a payroll is paid from, locked: statements follow one another."""
    line_id = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id)).line_id
    found = session.scalars(
        select(SandboxAccount).where(SandboxAccount.line_id == line_id).with_for_update()
    ).one_or_none()
    if found is None:
        found = SandboxAccount(
            body_id=payroll.body_id, id=new_id(), line_id=line_id, statements=0, balance_pence=FIRST_BALANCE_PENCE
        )
        session.add(found)
        session.flush()
    return found
