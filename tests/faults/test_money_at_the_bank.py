"""Every released pound is in exactly one place after every step of every bank's days, whatever dies and in what order.

Each run is a bank's days of its own, made up from its seed: which credits are rejected, amended, returned or corrected,
reports in any order, twice, cut off, in parts; letters, recalls and write-offs between them. The work on them dies at
step boundaries: all of it done and nothing committed, in a child that is killed, or as its database sees that.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from payouts.ledger.balance import prove, whereabouts
from payouts.payment import CAME_BACK, Payment
from payouts.payroll import get_payroll
from payouts.responses import applying, by_hand, response
from payouts.responses.response import Response, ResponseStatus
from payouts.returns import outcome as outcomes
from payouts.returns import recall, telling
from payouts.returns.outcome import Outcome
from payouts.returns.reason import Reason
from payouts.returns.returned import CaseStatus, ReturnedPayment
from payouts.sandbox.bank.cycle import statements
from payouts.sandbox.bank.fate import Script
from payouts.tasks import outbox, worker
from payouts.tasks.outbox import Task, TaskState
from schemes.database import new_id
from schemes.errors import NotNow
from schemes.person import Role
from tests.answering import AtTheBank, at_the_bank, record_submission, release
from tests.faults.rewinding import Rewound
from tests.office import Office

pytestmark = pytest.mark.faults

RUNS = int(os.environ.get("PAYOUTS_BANK_RUNS", "4"))
"""Runs of each seed; `make faults PAYOUTS_FAULT_SEEDS=40 PAYOUTS_BANK_RUNS=50` makes two thousand."""
KILLED_FOR_GOOD = 8
"""Of so many deaths one is that of a child that is killed; the others, as the database sees them."""
KINDS = ("response.", "statement.", "payroll.close")


class Died(Exception):
    """What the database sees of a worker that was killed before it committed: nothing."""


@pytest.fixture(scope="module")
def gone_out(prepare, sealed):
    with prepare("payouts_at_the_bank", sealed.database) as service:
        release(Office(service, sealed.harbour), sealed.payroll_id)
    return replace(sealed, database="payouts_at_the_bank")


@dataclass
class Days:
    """One run: what may still happen, and how its workers die."""

    bank: AtTheBank
    dice: random.Random

    @property
    def office(self) -> Office:
        return self.bank.office

    def happenings(self) -> Iterator[Callable[[], None]]:
        course = self.bank.course
        said = [*course.deliveries, *statements([course], through=date.max)]
        said += self.dice.choices(said, k=self.dice.randint(0, 4))
        for delivery in said:
            yield lambda delivery=delivery: self.receive(delivery.name, delivery.content)
        if course.struck:
            some = self.dice.sample(course.struck, self.dice.randint(1, len(course.struck)))
            part = self.bank.arucs(*((each.item, self.dice.choice("0235BC")) for each in some))
            yield lambda: self.receive("part.xml", part)
        yield lambda: self.receive("cut.xml", said[0].content[: self.dice.randint(1, len(said[0].content) - 1)])
        yield self.say_submitted
        yield from [self.tell_by_letter, self.ask_back] * self.dice.randint(0, 2)
        yield from [self.end_a_case] * self.dice.randint(0, 4)

    def receive(self, name: str, content: bytes) -> None:
        by, at = self.office.person(Role.FINANCE), self.office.service.now()
        with self.office.transaction() as session:
            facts = {"response_id": new_id(), "file_name": name, "content": content}
            response.receive(session, self.office.service.seals, **facts, by=by, at=at)

    def say_submitted(self) -> None:
        with suppress(NotNow):
            record_submission(self.office, self.bank.payroll_id)

    def a_payment(self, session) -> Payment:
        mine = select(Payment).where(Payment.payroll_id == self.bank.payroll_id, Payment.file_id.is_not(None))
        return self.dice.choice(session.scalars(mine.order_by(Payment.ordinal)).all())

    def tell_by_letter(self) -> None:
        at = self.office.service.now()
        try:
            with self.office.transaction() as session:
                facts = {"told_id": new_id(), "why": self.dice.choice(list(Reason)), "reason": "letter", "at": at}
                told = telling.tell(session, self.a_payment(session), by=self.office.person(Role.PREPARER), **facts)
                by_hand.confirm_told(session, told, by=self.office.person(Role.APPROVER), at=at)
        except NotNow:
            pass

    def ask_back(self) -> None:
        by, at = self.office.person(Role.RELEASER), self.office.service.now()
        try:
            with self.office.transaction() as session:
                payroll, payment = get_payroll(session, self.bank.payroll_id, lock=True), self.a_payment(session)
                facts = {"file_id": payment.file_id, "payment_id": payment.id, "reason": "a mistake"}
                recall.ask(session, payroll, recall_id=new_id(), by=by, at=at, **facts)
        except NotNow:
            pass

    def end_a_case(self) -> None:
        """Two people set what came back off or write it off; a report that comes later finds it so."""
        at = self.office.service.now()
        with self.office.transaction() as session:
            held = select(ReturnedPayment).where(ReturnedPayment.status == CaseStatus.HELD)
            case = session.scalars(held.order_by(ReturnedPayment.id).limit(1).with_for_update()).one_or_none()
            if case is not None:
                outcome = self.dice.choice([Outcome.SET_OFF, Outcome.WRITE_OFF])
                facts = {"outcome": outcome, "reason": "agreed", "review_on": None, "at": at}
                made = outcomes.propose(
                    session, case, outcome_id=new_id(), by=self.office.person(Role.PREPARER), **facts
                )
                outcomes.confirm(session, case, made, by=self.office.person(Role.FINANCE), at=at)

    def work(self, check: Callable[[], None]) -> None:
        """Do what waits, in any order; some of it dies when all is done and nothing committed, and is done again."""
        while tasks := self.waiting():
            task_id, kind = self.dice.choice(tasks)
            if self.dice.random() < 0.4:
                dies = self.die_in_a_child if self.dice.random() * KILLED_FOR_GOOD < 1 else self.die
                dies(task_id, kind)
                check()
            worker.do_on_database(self.office.service, task_id, self.office.harbour.body_id, kind)
            check()

    def waiting(self) -> list[tuple[UUID, str]]:
        with self.office.transaction() as session:
            found = session.execute(select(Task.id, Task.kind).where(Task.state == TaskState.WAITING).order_by(Task.id))
            return [(task_id, kind) for task_id, kind in found if kind.startswith(KINDS)]

    def die(self, task_id: UUID, kind: str) -> None:
        def end(*_: object, **__: object) -> None:
            raise Died

        before, outbox.end = outbox.end, end
        try:
            worker.do_on_database(self.office.service, task_id, self.office.harbour.body_id, kind)
        except Died:
            pass
        finally:
            outbox.end = before

    def die_in_a_child(self, task_id: UUID, kind: str) -> None:
        child = os.fork()
        if child == 0:
            # the parent's connections are the parent's
            self.office.service.engine.dispose(close=False)
            outbox.end = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
            try:
                worker.do_on_database(self.office.service, task_id, self.office.harbour.body_id, kind)
            finally:
                os._exit(1)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL

    def check(self) -> None:
        """The money's identity, proved entry by entry; and what came back is what is held or has found its end."""
        with self.office.transaction() as session:
            assert prove(session, self.bank.payroll_id).is_proven
            where = whereabouts(session, payroll_id=self.bank.payroll_id)
            assert where.placed_pence == where.released_pence
            back = select(func.coalesce(func.sum(Payment.amount_pence), 0)).where(Payment.status.in_(CAME_BACK))
            ended = where.reissued_pence + where.recovered_pence + where.written_off_pence
            assert session.scalar(back) == where.returned_and_held_pence + ended

    def replay(self) -> None:
        """Apply every line of every file once more, as if nobody knew that it was done."""
        with self.office.transaction() as session:
            done = session.scalars(
                select(Response).where(Response.status == ResponseStatus.READ, Response.line_count > 0)
            ).all()
        for one in self.dice.sample(done, len(done)):
            if one.kind in applying.HANDED_ON:
                continue
            with self.office.transaction() as session:
                args = {"response_id": str(one.id), "first": 1, "last": one.line_count}
                applying.apply_chunk(session, self.office.service, args)

    def ledger(self) -> str:
        with self.office.transaction() as session:
            digest = "SELECT md5(string_agg(entry::text, '|' ORDER BY entry.id)) FROM ledger_entry entry"
            return str(session.scalar(text(digest)))


def test_every_pound_is_in_one_place_after_every_step_of_every_banks_days(prepare, servers, gone_out, seed):
    database = f"payouts_{new_id().hex}"
    with prepare(database, gone_out.database) as service:
        event.listen(service.engine, "connect", keep_plans)
        rewound = Rewound(servers.owner_url(database))
        for number in range(seed * RUNS, (seed + 1) * RUNS):
            run(Office(service, gone_out.harbour), gone_out.payroll_id, number)
            rewound.rewind()
        rewound.close()
    servers.drop_database(database)


def keep_plans(connection: Any, _: object) -> None:
    """A day asks some hundreds of questions: let the database plan each once, and not again in each of many runs."""
    connection.prepared_max = 5_000


def run(office: Office, payroll_id: UUID, number: int) -> None:
    """The days of one bank, from the file that has gone out to the ledger that stands replayed."""
    dice = random.Random(number)
    script = Script(
        seed=number,
        rejected=dice.randint(0, 2),
        amended=dice.randint(0, 1),
        returned=dice.randint(0, 4),
        returned_late=dice.randint(0, 2),
        corrected=dice.randint(0, 1),
        file_refused=dice.random() < 0.1,
        acknowledgement_lost=dice.random() < 0.2,
    )
    days = Days(at_the_bank(office, payroll_id, script), dice)
    happenings = list(days.happenings())
    dice.shuffle(happenings)
    for happen in happenings:
        happen()
        days.check()
        days.work(days.check)
    before = days.ledger()
    days.replay()
    days.check()
    assert days.ledger() == before, f"run {number}: replayed, and the ledger is another"
