"""Every table is in the one list of what is held of people and when it goes, and the list says what is done."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from psycopg import errors
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts.answers_forgotten import forget_old_answers
from payouts.cli import payouts
from payouts.kept import TABLES, Kept, as_markdown
from payouts.ledger.entry import LedgerEntry
from payouts.payment import Payment
from payouts.responses.line import ResponseLine
from payouts.returns.returned import ReturnedPayment
from payouts.statement.entry import BankEntry, Match, texts_of
from schemes.database import Base
from schemes.seal import SealingKey
from tests.answering import at_the_bank, receive, record_submission, release
from tests.payouts.statement.bank import account_of, camt, returned, send
from tests.payouts.test_subject_access import ask, taken

DOCUMENT = Path(__file__).parents[2] / "docs" / "retention.md"
MUCH_LATER = datetime(2034, 4, 2, 9, tzinfo=UTC)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def came_back(office, sealed):
    """A payment that a report and a statement say came back; its payee's id."""
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    bank = at_the_bank(office, sealed.payroll_id)
    item = bank.items[0]
    receive(office, bank.arucs((item, "B")))
    with office.transaction() as session:
        case = session.scalars(select(ReturnedPayment)).one()
        payment = session.get_one(Payment, (case.body_id, case.payment_id))
    send(office, camt(account_of(office), returned(payment.amount_pence, payment.reference)))
    return payment


def test_a_new_table_is_classified_before_it_holds_anything():
    assert set(Base.metadata.tables) == TABLES.keys(), "say in payouts/kept.py what it holds, and when that goes"


def test_the_documentation_has_the_list():
    assert as_markdown() in DOCUMENT.read_text("utf-8"), "write it anew: `payouts retention tables` prints it"
    assert CliRunner().invoke(payouts, ["retention", "tables"]).output == as_markdown()


def test_what_erasing_writes_over_is_what_the_list_says(owner):
    with owner.connect() as connection:
        body = connection.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'erase_payee'"))
    touched = set(re.findall(r"(?:UPDATE|DELETE FROM) (\w+)", body))
    assert {table for table in touched if TABLES[table] not in (Kept.ERASED, Kept.BOTH)} == set()
    # these are sealed under the person's key, which is destroyed, or go with the person
    with_the_key = {"confirmation", "due_for_erasure"}
    said = {table for table, kept in TABLES.items() if kept in (Kept.ERASED, Kept.BOTH)}
    assert said - touched == with_the_key


def test_a_subjects_export_holds_what_the_bank_said_of_them(office, came_back):
    everything = json.loads(taken(office, ask(office, came_back.payee_id))["everything.json"])
    (said,) = everything["what the bank said of payments"]
    assert said["reference"] == came_back.reference
    assert "sealed_details" not in said
    assert everything["payments that came back"][0]["amount_pence"] == came_back.amount_pence
    assert everything["entries of bank statements"][0]["match"] == Match.RETURN


def test_what_the_bank_said_goes_by_age_and_what_proves_the_money_stays(office, came_back, clock):
    with office.transaction() as session:
        assert forget_old_answers(session, at=clock()) == 0
        lines = select(func.count()).where(ResponseLine.reference != "", ResponseLine.last_four != "")
        assert session.scalar(lines) > 0
        entries = session.scalar(select(func.count()).select_from(LedgerEntry))
        digests = session.scalars(select(ResponseLine.digest).order_by(ResponseLine.id)).all()
    clock.time = MUCH_LATER
    with office.transaction() as session:
        assert forget_old_answers(session, at=clock()) == 2
        assert forget_old_answers(session, at=clock()) == 0
    with office.transaction() as session:
        told = session.scalars(select(ResponseLine)).all()
        assert {(one.reference, one.last_four, one.words, one.sealed_details) for one in told} == {("", "", "", None)}
        entry = session.scalars(select(BankEntry)).one()
        assert (entry.reference, entry.match, entry.amount_pence) == ("", Match.RETURN, came_back.amount_pence)
        assert texts_of(session, office.service.seals, [entry]) == {entry.id: ""}
        assert session.scalars(select(ResponseLine.digest).order_by(ResponseLine.id)).all() == digests
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == entries
        gone = select(func.count()).where(SealingKey.destroyed_at == MUCH_LATER)
        assert session.scalar(gone) == 2


def test_nobody_writes_over_what_the_bank_said_before_its_time(office, came_back):
    with office.transaction() as session:
        assert session.scalar(text("SELECT forget_answers()")) == 0, "nothing whose key is still there"
    for sentence in ("UPDATE response_line SET words = ''", "UPDATE bank_entry SET reference = ''"):
        with pytest.raises(DBAPIError) as refused, office.transaction() as session:
            session.execute(text(sentence))
        assert isinstance(refused.value.orig, errors.InsufficientPrivilege)
