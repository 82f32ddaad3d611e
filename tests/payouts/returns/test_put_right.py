"""What came back is put right, paid again and closed, and ledger, files and bank agree: the way of the demo."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from payouts.files import sealing
from payouts.ledger.balance import whereabouts
from payouts.ledger.control import compare
from payouts.payroll import PayrollStatus, get_payroll
from payouts.responses import closing
from payouts.returns.case import cases
from payouts.returns.reason import BAD_DETAILS, Reason
from payouts.returns.reissue import create_reissue
from payouts.sandbox.bank.days import ask_next, day_of
from schemes.database import new_id
from schemes.hold import Hold
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def hear_the_bank(office, payroll_id, *, returned):
    """Let the sandbox's bank say everything."""
    while True:
        with office.transaction() as session:
            payroll, by = get_payroll(session, payroll_id, lock=True), office.person(Role.FINANCE)
            ask_next(session, payroll, returned=returned, by=by, at=office.service.now())
        office.work(leave="notices.send")
        with office.transaction() as session:
            if day_of(session, payroll_id).next_day is None:
                return


def put_right(office):
    """New details for everybody whose payment came back, each confirmed by a second person and past the cooling-off."""
    with office.transaction() as session:
        rows = cases(session)
    for row in rows:
        if row.case.reason is Reason.DECEASED:
            with office.transaction() as session:
                [held] = session.scalars(select(Hold).where(Hold.payee_id == row.payee.id)).all()
            office.let_go_on(row.payee.id, held.id, by=office.person(Role.APPROVER))
        elif row.case.reason in BAD_DETAILS:
            office.change_bank_details(row.payee.id)


def test_what_came_back_is_put_right_and_paid_again_until_everything_is_closed_and_balances(office, sealed, clock):
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    hear_the_bank(office, sealed.payroll_id, returned=3)
    put_right(office)
    clock.time = datetime(2026, 12, 1, 10, tzinfo=UTC)  # past the cooling-off, and past the days for returns
    with office.transaction() as session:
        facts = {"payroll_id": new_id(), "scheme_id": office.harbour.scheme_id, "named": None}
        by, at = office.person(Role.PREPARER), office.service.now()
        pay_date = date(2026, 12, 4)
        again = create_reissue(session, office.service.calendar, **facts, pay_date=pay_date, by=by, at=at).id
    office.work(leave="notices.send")
    office.accept_findings(again)
    with office.transaction() as session:
        sealing.ask_for_files(session, get_payroll(session, again, lock=True), by=by, at=at)
    office.work(leave="notices.send")
    office.decide_all(again)
    office.download(again)
    office.record_submission(again)
    hear_the_bank(office, again, returned=0)
    clock.time = datetime(2026, 12, 11, 10, tzinfo=UTC)
    with office.transaction() as session:
        closing.ask_daily(session, at=office.service.now())
    office.work(leave="notices.send")
    with office.transaction() as session:
        assert {get_payroll(session, one).status for one in (sealed.payroll_id, again)} == {PayrollStatus.CLOSED}
        assert compare(session, asked_by=None, at=office.service.now()).found() == []
        where = whereabouts(session)
        assert where.on_its_way_pence == where.returned_and_held_pence == 0
        assert where.reissued_pence == get_payroll(session, again).total_pence
        assert where.paid_pence + where.reissued_pence == where.released_pence
