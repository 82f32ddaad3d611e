"""Urgent payments: one payment to one person today, through every gate, by a file or in the bank's portal."""

from __future__ import annotations

import json
import zipfile
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts import urgent
from payouts.channels.made import MadeWhen, record_made
from payouts.days_ahead import DayKind, days_between
from payouts.evidence.verifying import verify
from payouts.files.payment_file import files_of
from payouts.files.sealing import Part, begin_file
from payouts.files.segment import open_content
from payouts.gates.deadline import plan_of
from payouts.gates.manifest import manifest_of
from payouts.ledger.control import payroll_differences
from payouts.payment import Payment, PaymentStatus, Unpaid, UnpaidReason
from payouts.payroll import PayrollKind, PayrollStatus, get_payroll
from payouts.redating import re_date
from payouts.urgent import NoFasterPaymentsFile, PayMethod, urgent_of
from schemes.award import get_award
from schemes.bank_profile import BankProfile
from schemes.database import connect, new_id
from schemes.errors import NotNow, ReasonNotGiven
from schemes.one_off_payment import get_one_off
from schemes.person import Role
from tests.entering import entering
from tests.payouts.test_evidence import take

NOVEMBER = date(2026, 11, 20)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def anna(office):
    return entering(office)


def pay_award(office, anna, method=PayMethod.BANK_PORTAL, *, payroll_id=None, because="no food in the house"):
    with office.transaction() as session:
        made = urgent.pay_award(
            session,
            office.service.calendar,
            get_award(session, anna.award_id),
            payroll_id=payroll_id or new_id(),
            about=NOVEMBER,
            method=method,
            because=because,
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work()
    return made.id


def through_the_gates(office, payroll_id):
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)


def record(office, payroll_id, *, made_at=None):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        at = office.service.now()
        by = office.person(Role.RELEASER)
        return record_made(session, payroll, reference="FP-77", made_by="Rhys", made_at=made_at or at, by=by, at=at)


def test_what_an_award_makes_due_is_paid_in_the_banks_portal_after_every_gate_and_without_a_file(office, anna):
    made = new_id()
    assert pay_award(office, anna, payroll_id=made) == pay_award(office, anna, payroll_id=made) == made
    with office.transaction() as session:
        payroll = get_payroll(session, made)
        today = office.service.now().date()
        assert (payroll.kind, payroll.pay_date, payroll.input_day) == (PayrollKind.URGENT, today, today)
        [payment] = session.scalars(select(Payment).where(Payment.payroll_id == made)).all()
        assert (payment.award_id, payment.sequence) == (anna.award_id, 1)
        assert set(plan_of(session, payroll, office.service.calendar).due.values()) == {payroll.deadline_at}
    with pytest.raises(NotNow):
        record(office, made)
    through_the_gates(office, made)
    with office.transaction() as session:
        payroll = get_payroll(session, made)
        assert payroll.status is PayrollStatus.RELEASED
        assert files_of(session, made) == []
        said = manifest_of(session, payroll).read()
        assert (said["method"], said["urgent_because"]) == ("bank_portal", "no food in the house")
        assert (said["files"], said["total_pence"]) == ([], payment.amount_pence)
    with pytest.raises(MadeWhen):
        record(office, made, made_at=office.service.now() - timedelta(hours=2))
    assert record(office, made).reference == record(office, made).reference == "FP-77"
    with office.transaction() as session:
        assert get_payroll(session, made).status is PayrollStatus.SUBMITTED
        assert session.get_one(Payment, (payment.body_id, payment.id)).status is PaymentStatus.SUBMITTED
        assert list(payroll_differences(session)) == []


def test_the_regular_payroll_lists_them_as_paid_already(office, anna):
    through_the_gates(office, pay_award(office, anna))
    november = office.create()
    office.work()
    with office.transaction() as session:
        unpaid = session.scalars(
            select(Unpaid.reason).where(Unpaid.payroll_id == november, Unpaid.award_id == anna.award_id)
        ).all()
    assert unpaid == [UnpaidReason.PAID_ALREADY]
    # and the other way round: what the regular one pays is not paid urgently
    other = entering(office, offset=1)
    second = pay_award(office, other)
    with office.transaction() as session:
        assert get_payroll(session, second).payment_count == 0


def test_the_database_refuses_a_file_of_a_payment_that_is_made_outside(office, anna):
    payroll_id = pay_award(office, anna)
    with pytest.raises(DBAPIError, match="made outside has no file"):
        build_a_file(office, payroll_id)


def build_a_file(office, payroll_id):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
        begin_file(session, office.service, payroll, profile, [Part(0, 0, 1, 1, 1, 1, 100)])


def test_a_file_for_faster_payments_is_built_where_the_bank_takes_one(office, anna):
    with pytest.raises(NoFasterPaymentsFile):
        pay_award(office, anna, PayMethod.FASTER_PAYMENTS_FILE)
    with pytest.raises(ReasonNotGiven):
        pay_award(office, anna, because=" ")
    take_messages(office)
    made = pay_award(office, anna, PayMethod.FASTER_PAYMENTS_FILE)
    through_the_gates(office, made)
    with office.transaction() as session:
        [file] = files_of(session, made)
        content = open_content(session, office.service.seals, file).read()
    assert b"<Cd>URNS</Cd>" in content or b"<Cd>URGP</Cd>" in content
    assert f"{office.service.now():%Y-%m-%d}".encode() in content
    with pytest.raises(NotNow):
        record(office, made)
    office.download(made)
    office.record_submission(made)
    with office.transaction() as session:
        assert get_payroll(session, made).status is PayrollStatus.SUBMITTED


def take_messages(office):
    """The bank of the body takes pain.001 from now on, as if two people had agreed on it long ago."""
    engine = connect(office.service.settings.owner_database_url)
    with engine.begin() as owner:
        owner.execute(text("UPDATE bank_profile SET file_format = 'pain001', file_naming = '{day}.{serial}.xml'"))
    engine.dispose()


def test_a_one_off_payment_that_two_people_agreed_on_is_paid_urgently_and_only_once(office, anna):
    waiting = anna.propose(pay_from=date(2026, 11, 1))

    def pay(one_off_id):
        with office.transaction() as session:
            return urgent.pay_one_off(
                session,
                office.service.calendar,
                get_one_off(session, one_off_id),
                payroll_id=new_id(),
                method=PayMethod.BANK_PORTAL,
                because="a funeral on Friday",
                by=office.person(Role.PREPARER),
                at=office.service.now(),
            ).id

    with pytest.raises(NotNow):
        pay(waiting.id)
    anna.confirm(waiting.id)
    made = pay(waiting.id)
    office.work()
    with office.transaction() as session:
        [payment] = session.scalars(select(Payment).where(Payment.payroll_id == made)).all()
        assert (payment.one_off_id, payment.amount_pence) == (waiting.id, 4000)
        assert urgent_of(session, get_payroll(session, made)).one_off_id == waiting.id
    with pytest.raises(NotNow):
        pay(waiting.id)


def test_an_urgent_payment_is_not_moved_to_another_day(office, anna):
    made = pay_award(office, anna)
    with pytest.raises(NotNow), office.transaction() as session:
        re_date(
            session,
            office.service.calendar,
            get_payroll(session, made, lock=True),
            amendment_id=new_id(),
            pay_date=date(2026, 11, 26),
            reason="later",
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )


def test_the_evidence_says_how_it_was_made_and_is_verified_without_a_file(office, anna):
    made = pay_award(office, anna)
    through_the_gates(office, made)
    record(office, made)
    pack = take(office, made)
    report = verify(pack)
    assert report.faults == []
    with zipfile.ZipFile(pack) as archive:
        [said] = json.loads(archive.read("submissions.json"))
    assert (said["method"], said["reference"], said["made_by"]) == ("bank_portal", "FP-77", "Rhys")


def test_the_calendar_shows_its_day_alone(office, anna):
    made = pay_award(office, anna)
    with office.transaction() as session:
        today = office.service.now().date()
        found = days_between(session, office.service.calendar, today, today + timedelta(days=40))
    assert [entry.kind for entry in found if entry.payroll_id == made] == [DayKind.PAY_DAY]
