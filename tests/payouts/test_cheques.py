"""Urgent payments made outside: by cheque to somebody without a bank account, until the bank took the money or not."""

from __future__ import annotations

from datetime import date
from zipfile import ZipFile

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.channels import release
from payouts.channels.made import attach_to_made, record_made
from payouts.checks.finding import Finding, Kind
from payouts.evidence.verifying import verify
from payouts.files.payment_file import files_of
from payouts.files.sealing import PaymentsStopped
from payouts.following.progress import Stage, payment_progress
from payouts.gates.attachment import take as take_attachment
from payouts.gates.manifest import ReleaseRefused, manifest_of
from payouts.ledger.control import payroll_differences
from payouts.notices import planning
from payouts.notices.event import NoticeEvent
from payouts.notices.notice import Notice
from payouts.payment import Payment, PaymentStatus, Unpaid, UnpaidReason, payments_of
from payouts.payroll import PayrollStatus, get_payroll, rebuild
from payouts.responses import by_hand, clearing, closing
from payouts.responses.clearing import record_cleared
from payouts.returns import telling
from payouts.returns.reason import Reason
from payouts.returns.returned import case_of
from payouts.statement.entry import BankEntry, Match
from payouts.urgent import PayMethod
from schemes.database import new_id
from schemes.duties import london_day
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven
from schemes.payee import Payee
from schemes.person import Role
from tests.entering import entering
from tests.payouts.statement.bank import account_of, camt, entry, send
from tests.payouts.test_evidence import reindexed, take
from tests.payouts.test_urgent import pay_award, record, through_the_gates


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def anna(office):
    return entering(office)


@pytest.fixture
def without_account(office, anna):
    """Anna has no bank account any more."""
    with office.transaction() as session:
        session.execute(
            text("UPDATE payee SET payment_method = 'no_account' WHERE id = :id"), {"id": payee_of(session, anna)}
        )
    return anna


def payee_of(session, anna):
    return session.scalar(text("SELECT payee_id FROM award WHERE id = :id"), {"id": anna.award_id})


def payment_in(session, payroll_id):
    return session.scalars(select(Payment).where(Payment.payroll_id == payroll_id)).one()


def cheque(office, anna):
    payroll_id = pay_award(office, anna, PayMethod.CHEQUE)
    through_the_gates(office, payroll_id)
    return payroll_id


def test_somebody_without_a_bank_account_is_paid_by_cheque_through_every_gate_and_by_nothing_else(
    office, without_account
):
    refused = pay_award(office, without_account, PayMethod.BANK_PORTAL)
    with office.transaction() as session:
        assert (
            session.scalars(select(Unpaid.reason).where(Unpaid.payroll_id == refused)).one() is UnpaidReason.NO_ACCOUNT
        )
    payroll_id = cheque(office, without_account)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.status, payroll.payment_count) == (PayrollStatus.RELEASED, 1)
        assert files_of(session, payroll_id) == []
        [row] = payments_of(session, payroll_id)
        assert row.account is None
        said = manifest_of(session, payroll).read()
        assert (said["method"], said["payable_to"]) == ("cheque", row.payee.name)
    # the permanent key is taken: no payroll pays it again, whatever the payee's account
    with office.transaction() as session:
        session.execute(text("UPDATE payee SET payment_method = 'account' WHERE id = :id"), {"id": row.payee.id})
    november = office.create()
    office.work()
    with office.transaction() as session:
        mine = select(Unpaid.reason).where(Unpaid.payroll_id == november, Unpaid.award_id == without_account.award_id)
        assert session.scalars(mine).one() is UnpaidReason.PAID_ALREADY


def test_a_cheque_is_checked_as_every_payment_is_and_asked_for_its_reasons_anew(office, without_account, owner):
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(
            text("UPDATE scheme_version SET definition = jsonb_set(definition, '{payment_limit_pence}', '1')")
        )
    payroll_id = pay_award(office, without_account, PayMethod.CHEQUE)
    with office.transaction() as session:
        assert Kind.PAYMENT_OVER_LIMIT in set(
            session.scalars(select(Finding.kind).where(Finding.payroll_id == payroll_id))
        )
        rebuild(
            session,
            get_payroll(session, payroll_id, lock=True),
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work()
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).payment_count == 1


def test_the_database_keeps_payments_into_no_account_to_cheques(office, anna, owner):
    payroll_id = pay_award(office, anna)
    with owner.begin() as connection, pytest.raises(DBAPIError, match="a payment without an account is a cheque"):
        connection.execute(
            text(
                "INSERT INTO payment (body_id, id, payroll_id, scheme_id, beneficiary_id, payee_id, award_id, "
                "period_first_day, period_last_day, component, sequence, ordinal, amount_pence, reference, status) "
                "SELECT body_id, uuidv7(), payroll_id, scheme_id, beneficiary_id, payee_id, award_id, "
                "period_first_day, period_last_day, component, 9, 9, amount_pence, reference, status FROM payment "
                "WHERE payroll_id = :id"
            ),
            {"id": payroll_id},
        )


def test_another_name_or_a_death_after_the_first_go_stops_the_cheque(office, without_account, owner):
    payroll_id = pay_award(office, without_account, PayMethod.CHEQUE)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)
    with owner.begin() as connection:
        connection.execute(text("UPDATE payee SET name = 'M Allory' WHERE payment_method = 'no_account'"))
    with pytest.raises(ReleaseRefused) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert refused.value.differences == ["payable_to"]
    with office.transaction() as session:
        payee_id = payee_of(session, without_account)
    office.stop_payments(payee_id)
    with office.transaction() as session:
        payroll, service = get_payroll(session, payroll_id), office.service
        found = release.not_as_approved(session, service.seals, payroll, signer=service.signer)
    assert found == ["payable_to", "stopped_payments"]
    another = pay_award(office, entering(office, offset=1), PayMethod.CHEQUE)
    office.accept_findings(another)
    with office.transaction() as session:
        office_payee = payment_in(session, another).payee_id
    office.stop_payments(office_payee)
    with pytest.raises(PaymentsStopped):
        office.seal(another)


def record_with_a_copy(office, payroll_id):
    by, at = office.person(Role.RELEASER), office.service.now()
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        seals = office.service.seals
        facts = {"file_name": "cheque.pdf", "content": b"%PDF-1.7 a copy", "by": by, "at": at}
        attached = attach_to_made(session, seals, payroll, attachment_id=new_id(), **facts)
        said = {"reference": "000123", "made_by": "Rhys", "made_at": at}
        record_made(session, payroll, **said, attached=attached, by=by, at=at)
        return attached.id


def test_its_payee_hears_of_a_cheque_and_of_no_account(office, without_account, clock):
    payroll_id = cheque(office, without_account)
    stages = [followed(office, payroll_id)]
    record(office, payroll_id)
    office.work(leave="notices.send")
    clock.advance(days=2)
    with office.transaction() as session:
        planning.look(session, office.service, {})
        [told] = session.scalars(select(Notice).where(Notice.payroll_id == payroll_id)).all()
    assert (told.event, told.last_four, told.payment_count) == (NoticeEvent.CHEQUE_POSTED, "", 1)
    assert [*stages, followed(office, payroll_id)] == [Stage.CHEQUE_APPROVED, Stage.CHEQUE_POSTED]


def followed(office, payroll_id):
    with office.transaction() as session:
        return payment_progress(session, payment_in(session, payroll_id).id, london_day(office.service.now())).stage


def test_the_copy_of_the_cheque_is_kept_and_in_the_evidence(office, without_account):
    payroll_id = cheque(office, without_account)
    attachment_id = record_with_a_copy(office, payroll_id)
    with office.transaction() as session:
        by, at = office.person(Role.AUDITOR), office.service.now()
        payroll = get_payroll(session, payroll_id)
        _, content = take_attachment(session, office.service.seals, payroll, attachment_id, by=by, at=at)
        assert content == b"%PDF-1.7 a copy"
        with pytest.raises(NotNow):
            attach_to_made(
                session, office.service.seals, payroll, attachment_id=new_id(), file_name="x.pdf",
                content=b"%PDF-", by=office.person(Role.RELEASER), at=at,
            )  # fmt: skip
    pack = take(office, payroll_id)
    assert verify(pack).faults == []
    with ZipFile(pack) as archive:
        (name,) = [one for one in archive.namelist() if one.startswith("attachments/")]
        assert archive.read(name) == b"%PDF-1.7 a copy"
    lacking = verify(reindexed(pack, without(name), office.service.signer))
    assert lacking.faults == ["the attached files are those that the decisions and submissions name"]
    with ZipFile(take(office, payroll_id, redacted=True)) as archive:
        assert not [one for one in archive.namelist() if one.startswith("attachments/")]


def without(name):
    return lambda parts: {each: content for each, content in parts.items() if each != name}


def clear(office, payroll_id, because="statement 12", role=Role.FINANCE):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        record_cleared(session, payroll, because=because, by=office.person(role), at=office.service.now())


def state_of(office, payroll_id):
    with office.transaction() as session:
        assert list(payroll_differences(session)) == []
        return get_payroll(session, payroll_id).status, payment_in(session, payroll_id).status


def test_whoever_saw_it_on_the_statement_says_so_and_the_payroll_is_closed(office, without_account):
    payroll_id = cheque(office, without_account)
    with pytest.raises(NotNow):
        clear(office, payroll_id)
    record(office, payroll_id)
    with pytest.raises(ReasonNotGiven):
        clear(office, payroll_id, because=" ")
    with pytest.raises(NotAllowed):
        clear(office, payroll_id, role=Role.RELEASER)
    clear(office, payroll_id)
    clear(office, payroll_id)
    assert state_of(office, payroll_id) == (PayrollStatus.CLOSED, PaymentStatus.PAID)


def test_the_statement_closes_it_by_the_number_of_the_cheque(office, without_account, clock):
    payroll_id = cheque(office, without_account)
    record(office, payroll_id)
    with office.transaction() as session:
        pence = payment_in(session, payroll_id).amount_pence
    booked = {"day": date(2026, 11, 24)}
    send(
        office,
        camt(
            account_of(office), entry(pence, "CHQ", ref="FP-77", **booked), entry(pence, "CHQ", ref="FP-78", **booked)
        ),
    )
    with office.transaction() as session:
        matched = session.scalars(select(BankEntry).where(BankEntry.match == Match.MADE_OUTSIDE)).one()
        assert matched.bank_reference == "FP-77"
        closing.ask_daily(session, at=office.service.now())
    office.work()
    assert state_of(office, payroll_id) == (PayrollStatus.CLOSED, PaymentStatus.PAID)


def test_a_stopped_cheque_is_a_return_on_the_work_list_and_ends_its_payroll(office, without_account):
    payroll_id = cheque(office, without_account)
    record(office, payroll_id)
    office.work(leave="notices.send")
    at = office.service.now()
    with office.transaction() as session:
        payment = payment_in(session, payroll_id)
        facts = {"why": Reason.UNKNOWN, "reason": "stopped at the bank", "at": at}
        told = telling.tell(session, payment, told_id=new_id(), by=office.person(Role.PREPARER), **facts).id
    with office.transaction() as session:
        row = telling.get_told(session, told, lock=True)
        by_hand.confirm_told(session, row, by=office.person(Role.FINANCE), at=at)
    with office.transaction() as session:
        assert case_of(session, payment.id) is not None
        clearing.follow(session, get_payroll(session, payroll_id, lock=True), at=at)
    assert state_of(office, payroll_id) == (PayrollStatus.REJECTED, PaymentStatus.RETURNED)
    with pytest.raises(NotNow):
        clear(office, payroll_id)
    with office.transaction() as session:
        planning.look(session, office.service, {})
        told = session.scalars(select(Notice.event).where(Notice.payroll_id == payroll_id).order_by(Notice.id)).all()
    assert told == [NoticeEvent.CHEQUE_POSTED, NoticeEvent.CHEQUE_STOPPED]
    assert followed(office, payroll_id) is Stage.CHEQUE_STOPPED


def test_a_payee_who_has_an_account_can_be_given_a_cheque_too(office, anna):
    payroll_id = cheque(office, anna)
    with office.transaction() as session:
        assert payment_in(session, payroll_id).account_id is None
        assert session.get_one(Payee, (office.harbour.body_id, payment_in(session, payroll_id).payee_id)).name
