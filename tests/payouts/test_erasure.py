"""Whoever is no longer needed is erased by two people: nothing personal is left, and everything still adds up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pyotp
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts import erasure
from payouts.cli import payouts
from payouts.commands import ground
from payouts.erasure import ErasureBar, ErasureRefused
from payouts.evidence.verifying import verify
from payouts.files.destroying import FileDestroyed, destroy_old
from payouts.files.payment_file import PaymentFile, files_of
from payouts.files.segment import open_content
from payouts.ledger.entry import LedgerEntry
from payouts.payment import Payment, payments_of
from payouts.payroll import get_payroll
from payouts.tasks import clock as ticking
from schemes import audit
from schemes.account import accounts_of, open_details
from schemes.award import Award
from schemes.contact import contacts_of
from schemes.contact_value import Channel
from schemes.database import new_id
from schemes.errors import KeyMissing, NotAllowed, SamePerson
from schemes.hold import HoldKind
from schemes.payee import Payee, beneficiaries_of, get_payee
from schemes.payee_details import correct_beneficiary
from schemes.person import DEMO_PASSWORD, Role
from schemes.retention import first_day_kept, kept_until
from schemes.seal import get_key
from tests.contacting import mark_safe
from tests.payouts.test_evidence import take

MUCH_LATER = datetime(2034, 4, 3, 9, 30, tzinfo=UTC)


@pytest.fixture
def start(sealed):
    return sealed


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 30))
def test_a_record_is_kept_exactly_until_its_last_day_whoever_asks_how(last, today, years):
    assert (last < first_day_kept(today, years)) == (today > kept_until(last, years))


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (date(2026, 3, 31), date(2032, 3, 31)),
        (date(2026, 4, 1), date(2033, 3, 31)),
        (date(2026, 11, 25), date(2033, 3, 31)),
    ],
)
def test_six_years_and_the_current_one_are_counted_from_the_end_of_march(last, until):
    assert kept_until(last, 6) == until


@pytest.fixture
def administrator(office):
    return replace(office.person(Role.PREPARER), roles=frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def payee_id(office, sealed):
    """Somebody whom the payroll pays, with a name of their own, a hold, an unmasking and a second version."""
    with office.transaction() as session:
        payees = select(Payee.id).join(Payment, Payment.payee_id == Payee.id).where(Payee.email.is_not(None))
        chosen = session.scalars(payees.where(Payee.reference.like("HILF-%")).order_by(Payee.reference)).first()
    hold_id = office.stop_payments(chosen, HoldKind.ON_HOLD, reason="a letter to Ann Particular came back")
    office.let_go_on(chosen, hold_id, reason="Ann Particular moved")
    office.change_bank_details(chosen)
    with office.transaction() as session:
        emails = [one.id for one in contacts_of(session, chosen) if one.channel is Channel.EMAIL]
        [(beneficiary, _)] = beneficiaries_of(session, get_payee(session, chosen))
        correct_beneficiary(
            session,
            office.service.seals,
            payee_id=chosen,
            beneficiary_id=beneficiary.id,
            name=beneficiary.name,
            date_of_birth=beneficiary.date_of_birth,
            address="1 Particular Lane\nHarbour\nHB1 2CD",
            reason="a letter of hers",
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    mark_safe(office, chosen, emails, reason="Ann Particular asked for it")
    return chosen


@pytest.fixture
def much_later(office, sealed, owner, clock, payee_id):
    """Seven financial years on; all awards have ended, and whoever looks finds everybody."""
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work(leave="notices.send")
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET last_day = greatest(first_day, '2026-12-31')"))
    clock.time = MUCH_LATER
    with office.transaction() as session:
        return erasure.find_due(session, at=clock())


def propose(office, payee_id, by, **changes):
    facts = {"change_id": new_id(), "reason": "six years are over", **changes}
    with office.transaction() as session:
        return erasure.propose(session, payee_id=payee_id, by=by, at=office.service.now(), **facts).id


def private_words(session, payee):
    """What stands of somebody in the clear."""
    said = {payee.name, payee.search_name, payee.reference, payee.email, "Particular", "M Changed"}
    for beneficiary, _ in beneficiaries_of(session, payee):
        said |= {beneficiary.name, beneficiary.reference}
    return {word.casefold() for word in said if word}


def everything_that_says(owner, words):
    """Tables with a row that holds one of the words, in whatever column."""
    with owner.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        return {
            table
            for table in tables
            for word in words
            if connection.scalar(
                text(f"SELECT count(*) FROM {table} t WHERE strpos(lower(t::text), :word) > 0"), {"word": word}
            )
        }


def test_of_somebody_erased_no_table_says_anything_and_the_payroll_still_adds_up(
    office, sealed, owner, payee_id, much_later, administrator
):
    with office.transaction() as session:
        words = private_words(session, get_payee(session, payee_id))
        before = session.execute(select(func.sum(Payment.amount_pence), func.count())).one()
        awards = session.scalar(select(func.sum(Award.amount_pence)))
    assert {"payee", "beneficiary", "account", "hold", "contact"} <= everything_that_says(owner, words)
    office.confirm_change(propose(office, payee_id, administrator))
    assert everything_that_says(owner, words) == set()
    with office.transaction() as session:
        assert session.execute(select(func.sum(Payment.amount_pence), func.count())).one() == before
        assert session.scalar(select(func.sum(Award.amount_pence))) == awards
        rows = payments_of(session, sealed.payroll_id, limit=1000)
        payroll = get_payroll(session, sealed.payroll_id)
        assert sum(row.payment.amount_pence for row in rows) == payroll.total_pence
        assert [row.payee.name for row in rows if row.payee.id == payee_id] == ["Erased"]
        ticking.link_audit(office.service)
    with office.transaction() as session:
        assert audit.verify(session, office.harbour.body_id).faults == []


def test_bank_details_and_old_files_cannot_be_opened_any_more(office, sealed, payee_id, much_later, administrator):
    seals = office.service.seals
    with office.transaction() as session:
        payee = get_payee(session, payee_id)
        key = seals.open_row(get_key(session, payee.body_id, payee.key_id))
        account = accounts_of(session, payee_id)[0]
        assert open_details(key, account.id, account.sealed_details).sort_code
        file = session.scalars(select(PaymentFile)).one()
        assert open_content(session, seals, file).read()
        digest = file.sha256
    office.confirm_change(propose(office, payee_id, administrator))
    with office.transaction() as session:
        payee = get_payee(session, payee_id)
        with pytest.raises(KeyMissing):
            seals.open_row(get_key(session, payee.body_id, payee.key_id))
        assert {bytes(account.sealed_details) for account in accounts_of(session, payee_id)} == {b""}
        file = session.scalars(select(PaymentFile)).one()
        with pytest.raises(KeyMissing):
            open_content(session, seals, file).read()
        assert file.sha256 == digest


def test_nobody_is_erased_before_their_financial_period_has_ended(office, payee_id, administrator, owner, clock):
    with pytest.raises(ErasureRefused) as refused:
        propose(office, payee_id, administrator)
    assert (refused.value.why, refused.value.until) == (ErasureBar.STILL_NEEDED, date(2033, 3, 31))
    clock.time = MUCH_LATER
    with pytest.raises(ErasureRefused) as refused:
        propose(office, payee_id, administrator)
    assert (refused.value.why, refused.value.until) == (ErasureBar.STILL_NEEDED, None), "an award goes on"


def test_one_person_alone_erases_nobody_neither_here_nor_in_the_database(office, payee_id, much_later, administrator):
    assert much_later > 30
    with pytest.raises(NotAllowed):
        propose(office, payee_id, office.person(Role.PREPARER))
    change_id = propose(office, payee_id, administrator)
    with pytest.raises(SamePerson):
        office.confirm_change(change_id, by=replace(administrator, roles=frozenset(Role)))
    with pytest.raises(DBAPIError, match="second person"), office.transaction() as session:
        session.execute(text("SELECT erase_payee(:id, now())"), {"id": payee_id})
    with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as session:
        session.execute(text("UPDATE account SET holder_name = 'x'"))
    for _ in range(2):
        office.confirm_change(change_id)
    with pytest.raises(ErasureRefused) as refused:
        propose(office, payee_id, administrator)
    assert refused.value.why is ErasureBar.ERASED_ALREADY
    with office.transaction() as session:
        assert erasure.due_count(session) == much_later - 1


def test_somebody_whose_money_a_second_payee_receives_keeps_their_name(
    office, payee_id, owner, much_later, administrator
):
    with owner.begin() as connection:
        beneficiary_id = connection.scalar(
            text("SELECT beneficiary_id FROM mandate WHERE payee_id = :id"), {"id": payee_id}
        )
        connection.execute(
            text(
                "INSERT INTO mandate (body_id, id, beneficiary_id, payee_id, capacity, made_at) "
                "SELECT body_id, uuidv7(), :b, id, 'provider', now() FROM payee WHERE id <> :p LIMIT 1"
            ),
            {"b": beneficiary_id, "p": payee_id},
        )
    office.confirm_change(propose(office, payee_id, administrator))
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT name FROM beneficiary WHERE id = :b"), {"b": beneficiary_id}) != "Erased"


def test_the_service_looks_at_night_for_who_is_due(office, payee_id, much_later):
    with office.transaction() as session:
        session.execute(text("DELETE FROM due_for_erasure"))
    ticking.ask_daily(office.service, None)
    office.work(leave="notices.send")
    with office.transaction() as session:
        assert erasure.due_count(session) == much_later
        assert payee_id in {row.payee.id for row in erasure.due(session, limit=1000)}


def test_from_the_command_line_somebody_due_is_listed_proposed_and_erased(
    office, payee_id, much_later, monkeypatch, clock
):
    monkeypatch.setattr(ground, "service", lambda: office.service)
    monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)

    def run(*words, by=None):
        clock.advance(seconds=30)
        if by is not None:
            monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(office.harbour.code_secrets[by]).at(clock()))
            words = (*words, "--as", office.harbour.people[by].email)
        return CliRunner().invoke(payouts, words, catch_exceptions=False).output

    with office.transaction() as session:
        reference = get_payee(session, payee_id).reference
    assert f"{reference}\t" in run("retention", "due", "--look")
    told = run("retention", "propose", reference, "--reason", "over", by=Role.ADMINISTRATOR)
    run("change", "confirm", told.split()[-1], by=Role.FINANCE)
    assert f"{reference}\t" not in run("retention", "due")


def test_files_are_destroyed_by_their_age_and_the_evidence_says_so_plainly(office, sealed, payee_id, clock, owner):
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work(leave="notices.send")
    clock.time = datetime(2033, 3, 31, 12, tzinfo=UTC)
    with office.transaction() as session:
        assert destroy_old(session, at=clock()) == 0, "the last day on which they are kept"
    assert verify(take(office, sealed.payroll_id)).gone == []
    clock.advance(days=1)
    with office.transaction() as session:
        assert destroy_old(session, at=clock()) == 1
        assert destroy_old(session, at=clock()) == 0
        [file] = files_of(session, sealed.payroll_id)
        with pytest.raises(KeyMissing):
            open_content(session, office.service.seals, file).read()
    for redacted in (False, True):
        report = verify(take(office, sealed.payroll_id, redacted=redacted))
        assert report.faults == []
        [gone] = report.gone
        assert gone.startswith(f"{file.name} was destroyed on 2033-04-01")
    with pytest.raises(FileDestroyed):
        office.download(sealed.payroll_id)
    with office.transaction() as session:
        ticking.link_audit(office.service)
        assert audit.verify(session, office.harbour.body_id).faults == []
        assert session.scalar(select(func.sum(LedgerEntry.amount_pence))) > 0


def test_evidence_of_a_payroll_of_which_somebody_was_erased_still_verifies(
    office, sealed, payee_id, much_later, administrator
):
    office.confirm_change(propose(office, payee_id, administrator))
    report = verify(take(office, sealed.payroll_id))
    assert report.faults == []
    assert any("the details of 1 payees of this payroll were erased" in line for line in report.gone)
