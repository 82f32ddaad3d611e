"""The daily control says what differs and tells finance; the books are closed by two people and stay closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.commands import ground
from payouts.commands.ledger import ledger as command
from payouts.ledger import control, held, period
from payouts.ledger.balance import whereabouts
from payouts.ledger.closing import closed_to
from payouts.ledger.control_run import DifferenceKind, newest_run
from payouts.ledger.entry import Event, LedgerEntry
from payouts.ledger.period import ClosingFault, ClosingRefused
from payouts.ledger.posting import post
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payment import Payment
from payouts.people import confirm
from payouts.tasks import clock as ticking
from schemes.change import get_change
from schemes.database import new_id
from schemes.errors import NotAllowed, SamePerson
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def released(office, sealed):
    """A payroll whose files went to the bank."""
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    return sealed.payroll_id


def run(office):
    with office.transaction() as session:
        return control.compare(session, asked_by=None, at=office.service.now())


def kinds(found):
    return [difference.kind for difference in found.found()]


def tamper(owner, table, statement):
    with owner.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text(statement))
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


def test_a_control_of_a_submitted_payroll_agrees_and_what_was_tampered_with_is_named(
    office, released, owner, service, monkeypatch
):
    agreed = run(office)
    assert (agreed.difference_count, agreed.payrolls, agreed.proven) == (0, 1, 1)
    assert agreed.figures["released_pence"] == agreed.figures["on_its_way_pence"] > 0
    tamper(owner, "payroll", "UPDATE payroll SET total_pence = total_pence + 1")
    tamper(owner, "payment_file", "UPDATE payment_file SET total_pence = total_pence - 1")
    assert kinds(run(office)) == [DifferenceKind.PAYROLL_TOTAL, DifferenceKind.FILE_TOTAL]
    tamper(owner, "ledger_entry", "UPDATE ledger_entry SET step = 3 WHERE step = 2")
    found = run(office)
    assert kinds(found)[2:] == [DifferenceKind.BROKEN_PAYMENTS]
    assert found.found()[2].here > 1, "each payment is counted"
    tamper(
        owner,
        "ledger_posting",
        "UPDATE ledger_posting SET total_pence = total_pence - 1 WHERE event = 'submitted'",
    )
    assert set(kinds(run(office))[2:]) == {
        DifferenceKind.NOT_SUBMITTED,
        DifferenceKind.KEPT_SUMS,
        DifferenceKind.BROKEN_PAYMENTS,
    }
    monkeypatch.setattr(ground, "service", lambda: service)
    answer = CliRunner().invoke(command, ["control"])
    assert answer.exit_code == 1
    assert "In the files" in answer.output


def test_the_clock_asks_on_working_days_and_finance_is_told_of_differences(office, released, owner, clock):
    tamper(owner, "payroll", "UPDATE payroll SET total_pence = total_pence + 1")
    saturday = clock.time + timedelta(days=5)
    clock.time = saturday
    ticking.ask_daily(office.service, None)
    office.work(leave="notices.send")
    with office.transaction() as session:
        assert newest_run(session) is None
    clock.time = saturday + timedelta(days=2)
    ticking.ask_daily(office.service, None)
    ticking.ask_daily(office.service, None)
    office.work(leave="notices.send")
    with office.transaction() as session:
        found = newest_run(session)
        told = session.scalars(select(StaffMessage).where(StaffMessage.event == StaffEvent.CONTROL_DIFFERS)).all()
    assert found.day == clock.time.date()
    assert len(told) == 1


def test_held_money_ends_by_two_people_once_and_not_for_a_payment_that_holds_none(office, released, clock):
    finance, approver = office.person(Role.FINANCE), office.person(Role.APPROVER)
    at = office.service.now()
    with office.transaction() as session:
        first, second = session.scalars(select(Payment).order_by(Payment.ordinal).limit(2))
        post(session, Event.RETURNED, [first.id], at=at)
    with office.transaction() as session:
        assert [row.payment.id for row in held.held_payments(session)] == [first.id]
        with pytest.raises(held.NotHeld):
            held.propose_end(
                session, second.id, Event.WRITTEN_OFF, change_id=new_id(), reason="gone", by=finance, at=at
            )
        with pytest.raises(NotAllowed):
            held.propose_end(
                session, first.id, Event.WRITTEN_OFF, change_id=new_id(), reason="gone", by=approver, at=at
            )
        made = held.propose_end(
            session, first.id, Event.WRITTEN_OFF, change_id=new_id(), reason="gone", by=finance, at=at
        )
    with pytest.raises(SamePerson), office.transaction() as session:
        confirm(session, office.service, get_change(session, made.id, lock=True), by=finance, at=at)
    for _ in range(2):
        with office.transaction() as session:
            confirm(session, office.service, get_change(session, made.id, lock=True), by=approver, at=at)
    with office.transaction() as session:
        found = whereabouts(session)
        assert found.written_off_pence == first.amount_pence
        assert found.placed_pence == found.released_pence
        assert held.held_payments(session) == []


def test_closed_books_take_no_entry_and_what_comes_later_stands_in_the_first_open_day(office, released, clock):
    finance, approver = office.person(Role.FINANCE), office.person(Role.APPROVER)
    day = clock.time.date()

    def propose(last_day):
        with office.transaction() as session:
            return period.propose(
                session, last_day, change_id=new_id(), reason="month end", by=finance, at=office.service.now()
            )

    def fault(last_day):
        with pytest.raises(ClosingRefused) as refused:
            propose(last_day)
        return refused.value.fault

    assert fault(day) is ClosingFault.NOT_OVER
    clock.time += timedelta(days=1)
    assert fault(day) is ClosingFault.NO_CONTROL
    run(office)
    made = propose(day)
    with office.transaction() as session:
        confirm(session, office.service, get_change(session, made.id, lock=True), by=approver, at=office.service.now())
        assert closed_to(session) == day
    assert made.after["held"]["with_bacs"] > 0
    assert fault(day) is ClosingFault.CLOSED_ALREADY
    with office.transaction() as session:
        payment_id = session.scalars(select(Payment.id).limit(1)).one()
        post(session, Event.PAID, [payment_id], at=office.service.now(), on=day - timedelta(days=3))
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.event == Event.PAID)).one()
        assert entry.accounting_date == day + timedelta(days=1)
    with pytest.raises(DBAPIError, match="closed"), office.transaction() as session:
        session.execute(
            text(
                "INSERT INTO ledger_entry (body_id, id, payroll_id, payment_id, debit, credit, amount_pence, at, "
                "event, step, undoes, accounting_date) SELECT body_id, uuidv7(), payroll_id, payment_id, debit, "
                "credit, amount_pence, at, event, step + 5, undoes, :day FROM ledger_entry LIMIT 1"
            ),
            {"day": day},
        )


def test_books_with_differences_are_not_closed(office, released, owner, clock):
    tamper(owner, "payroll", "UPDATE payroll SET total_pence = total_pence + 1")
    day = clock.time.date()
    clock.time += timedelta(days=1)
    run(office)
    with pytest.raises(ClosingRefused) as refused, office.transaction() as session:
        period.propose(
            session,
            day,
            change_id=new_id(),
            reason="month end",
            by=office.person(Role.FINANCE),
            at=office.service.now(),
        )
    assert refused.value.fault is ClosingFault.CONTROL_DIFFERS


def test_the_command_line_says_where_the_money_is(office, released, service, monkeypatch):
    monkeypatch.setattr(ground, "service", lambda: service)
    balances = CliRunner().invoke(command, ["balances"], catch_exceptions=False).output
    with office.transaction() as session:
        where = whereabouts(session)
    assert f"with_bacs\t{where.payments['with_bacs']:,}\t" in balances
    assert balances.splitlines()[0].startswith("released")
    answer = CliRunner().invoke(command, ["control"], catch_exceptions=False)
    assert answer.output.endswith("everything agrees\n")
    assert CliRunner().invoke(command, ["held"], catch_exceptions=False).output == ""
