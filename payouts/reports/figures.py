"""Figures of the payments that were due in some days: read from the sums that the database keeps of each posting.

A payment belongs to the pay date of its payroll. So its figures go on changing after those days, as the bank speaks of
it: what was returned in May of a payment of April counts in April. A payment that was made again in place of one that
came back is another payment, due when it was made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, case, func, literal, or_, select
from sqlalchemy.orm import Session

from payouts.gates.amendment import Amendment, Move
from payouts.ledger.balance import LedgerPosting
from payouts.ledger.entry import Event, LedgerAccount
from payouts.payroll import Payroll, PayrollKind
from payouts.reports.cost import BACS, Cost, Rates, costs_of
from payouts.reports.period import Days
from payouts.urgent import UrgentPayment

CAME_BACK = (Event.WITHDRAWN, Event.REJECTED, Event.RECALLED, Event.RETURNED)
PAID_LATER = (PayrollKind.REISSUE, PayrollKind.OFF_CYCLE)


class Timing(StrEnum):
    """Whether a payroll pays its people when it was due to."""

    ON_TIME = "on_time"
    LATE = "late"


class Moved(NamedTuple):
    """What was posted of payrolls that are alike: entries and pence, less what was taken back."""

    scheme_id: UUID
    channel: str
    timing: Timing
    pay_date: date
    event: Event
    debit: LedgerAccount
    credit: LedgerAccount
    undoes: bool
    entries: int
    pence: int


@dataclass
class Sum:
    """How many payments, and their pence."""

    payments: int = 0
    pence: int = 0

    def add(self, payments: int, pence: int) -> None:
        self.payments += payments
        self.pence += pence


class Figures:
    """What became of some payments. Each released payment is on its way, paid, held or ended otherwise.

    `came_back` counts all that came back, whatever became of it since. Paid late: in a payroll that was moved to a
    later day, that paid those whom another left out, or that paid again what had come back.
    """

    def __init__(self) -> None:
        self.released, self.came_back = Sum(), Sum()
        self.on_its_way, self.paid, self.held, self.ended = Sum(), Sum(), Sum(), Sum()
        self.on_time, self.late = Sum(), Sum()

    @property
    def paid_share(self) -> float | None:
        """Of the released payments those that are paid: 0 to 1, None of none."""
        return self.paid.payments / self.released.payments if self.released.payments else None

    @property
    def returned_share(self) -> float | None:
        """Of the released payments those that came back."""
        return self.came_back.payments / self.released.payments if self.released.payments else None

    @property
    def on_time_share(self) -> float | None:
        """Of the paid payments those that were paid on time."""
        return self.on_time.payments / self.paid.payments if self.paid.payments else None

    def add(self, moved: Moved) -> None:
        sign = -1 if moved.undoes else 1
        if moved.event is Event.RELEASED:
            self.released.add(sign * moved.entries, sign * moved.pence)
        if moved.event in CAME_BACK:
            self.came_back.add(sign * moved.entries, sign * moved.pence)
        for account, direction in ((moved.credit, 1), (moved.debit, -1)):
            for place in self.places(account, moved.timing):
                place.add(direction * moved.entries, direction * moved.pence)

    def places(self, account: LedgerAccount, timing: Timing) -> Iterable[Sum]:
        match account:
            case LedgerAccount.APPROVED_TO_PAY | LedgerAccount.WITH_BACS:
                return (self.on_its_way,)
            case LedgerAccount.BANK:
                return self.paid, self.on_time if timing is Timing.ON_TIME else self.late
            case LedgerAccount.RETURNED_AND_HELD:
                return (self.held,)
            case LedgerAccount.REISSUED | LedgerAccount.RECOVERED | LedgerAccount.WRITTEN_OFF:
                return (self.ended,)
        return ()


@dataclass(frozen=True)
class Report:
    """The figures of some days: in sum, by step of the plot, by scheme and by channel."""

    days: Days | None
    total: Figures
    steps: dict[date, Figures]
    schemes: dict[UUID, Figures]
    channels: dict[str, Figures]
    costs: dict[str, Cost]

    @property
    def cost(self) -> Cost:
        """Of all channels."""
        return Cost(
            sum(cost.hundredths for cost in self.costs.values()), sum(cost.payments for cost in self.costs.values())
        )


def report(session: Session, days: Days | None = None, *, schemes: Collection[UUID] = ()) -> Report:
    """The figures of the payments due in some days, or of all since the first; of some schemes or of all."""
    found = Report(days, Figures(), {step: Figures() for step in days.steps()} if days else {}, {}, {}, {})
    rates = Rates(costs_of(session))
    for moved in moved_in(session, days, schemes):
        if moved.event is Event.RELEASED:
            sent = -moved.entries if moved.undoes else moved.entries
            before = found.costs.get(moved.channel, Cost())
            found.costs[moved.channel] = rates.added(before, moved.channel, moved.pay_date, sent)
        found.total.add(moved)
        found.schemes.setdefault(moved.scheme_id, Figures()).add(moved)
        found.channels.setdefault(moved.channel, Figures()).add(moved)
        if days is not None:
            found.steps[days.step_of(moved.pay_date)].add(moved)
    return found


def moved_in(session: Session, days: Days | None, schemes: Collection[UUID]) -> list[Moved]:
    """A row for all that is alike: of a year's payrolls some hundreds, however many people they pay."""
    posting = LedgerPosting
    channel = func.coalesce(UrgentPayment.method.cast(String), literal(BACS))
    keys = (
        posting.scheme_id,
        channel,
        timing_of(),
        Payroll.pay_date,
        posting.event,
        posting.debit,
        posting.credit,
        posting.undoes,
    )
    rows = (
        select(*keys, func.sum(posting.entries), func.sum(posting.total_pence))
        .join(Payroll, (Payroll.body_id == posting.body_id) & (Payroll.id == posting.payroll_id))
        .outerjoin(
            UrgentPayment,
            (UrgentPayment.body_id == posting.body_id) & (UrgentPayment.payroll_id == posting.payroll_id),
        )
        .group_by(*keys)
    )
    if days is not None:
        rows = rows.where(Payroll.pay_date.between(days.first, days.last))
    if schemes:
        rows = rows.where(posting.scheme_id.in_(schemes))
    return [
        Moved(scheme, str(way), Timing(timing), pay_date, event, debit, credit, undoes, int(entries), int(pence))
        for scheme, way, timing, pay_date, event, debit, credit, undoes, entries, pence in session.execute(rows)
    ]


def timing_of() -> ColumnElement[str]:
    """Late: moved to a later day after its files were sealed, or of a kind that pays what was due before."""
    moved_on = select(Amendment.id).where(
        Amendment.body_id == Payroll.body_id,
        Amendment.payroll_id == Payroll.id,
        Amendment.move == Move.RE_DATE,
        Amendment.pay_date < Payroll.pay_date,
    )
    return case((or_(Payroll.kind.in_(PAID_LATER), moved_on.exists()), Timing.LATE.value), else_=Timing.ON_TIME.value)
