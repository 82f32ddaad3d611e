"""Everything about one person in one file, for whoever may ask, each time on the record."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pyotp
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from sqlalchemy import select, text

from bacs import pence
from payouts import subject_access
from payouts.cli import payouts
from payouts.commands import ground
from payouts.payment import Payment
from payouts.subject_access import PersonErased
from schemes import audit
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven
from schemes.payee import Beneficiary, Capacity, Mandate, Payee
from schemes.person import DEMO_PASSWORD, Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payee(office):
    with office.transaction() as session:
        chosen = session.scalars(
            select(Payee)
            .join(Mandate, Mandate.payee_id == Payee.id)
            .join(Payment, Payment.payee_id == Payee.id)
            .where(Mandate.capacity == Capacity.SELF, Payee.email.is_not(None))
            .order_by(Payee.reference)
        ).first()
    hold_id = office.stop_payments(chosen.id, reason="=HYPERLINK(1) <b>a letter came back</b>")
    office.let_go_on(chosen.id, hold_id)
    office.change_bank_details(chosen.id)
    return chosen


def ask(office, payee_id, *, by=Role.FINANCE, **changes):
    facts = {"access_id": new_id(), "beneficiary_id": None, "reason": "they wrote on 3 November", **changes}
    with office.transaction() as session:
        return subject_access.ask(session, payee_id=payee_id, by=office.person(by), at=office.service.now(), **facts)


def taken(office, access, by=Role.FINANCE):
    with office.transaction() as session:
        given = (office.person(by), office.service.now())
        content = subject_access.take(session, office.service.seals, access, by=given[0], at=given[1])
    with content, zipfile.ZipFile(io.BytesIO(b"".join(subject_access.pieces(content)))) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def test_it_holds_all_that_is_known_with_bank_details_in_full(office, payee):
    everything = json.loads(taken(office, ask(office, payee.id))["everything.json"])
    assert everything["payee"][0]["name"] == payee.name
    assert everything["bank details"][0]["account_number"] == "63748472"
    assert len(everything["bank details"]) == 2
    paid = everything["payments"][0]
    assert paid["amount_pence"] > 0
    assert paid["how_it_was_reckoned"][-1] == f"Paid: {pence.format(paid['amount_pence'])}"
    assert "For the period: " in paid["how_it_was_reckoned"][-2]
    assert everything["awards"]
    assert everything["contacts"][0]["value"] == payee.email
    assert everything["stopped payments"][0]["placed_by"] == office.person(Role.PREPARER).name
    assert everything["who saw bank details in full"][0]["person_id"] == office.person(Role.FINANCE).name
    assert "hold.on_hold" in {row["action"] for row in everything["what was done"]}
    assert everything["requests for access"][0]["reason"] == "they wrote on 3 November"
    assert "sealed_details" not in everything["bank details"][0]


def test_the_page_and_the_tables_say_the_same_and_run_nothing(office, payee):
    files = taken(office, ask(office, payee.id))
    everything = json.loads(files["everything.json"])
    page = BeautifulSoup(files["everything.html"], "html.parser")
    assert payee.name in page.get_text()
    assert page.find("b") is None, "what somebody typed is no part of the page"
    tables = {name for name in files if name.endswith(".csv")}
    assert tables == {f"{kind.replace(' ', '-')}.csv" for kind, rows in everything.items() if rows}
    for kind, rows in everything.items():
        if rows:
            read = list(csv.DictReader(io.StringIO(files[f"{kind.replace(' ', '-')}.csv"])))
            assert len(read) == len(rows)
            assert not [cell for row in read for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_nothing_of_anybody_else_with_a_name_of_their_own_stands_in_it(office, payee):
    files = taken(office, ask(office, payee.id))
    with office.transaction() as session:
        others = session.execute(
            select(Payee.name, Payee.reference, Payee.email).where(Payee.id != payee.id, Payee.name != payee.name)
        ).all()
    said = "\n".join(files.values())
    assert [reference for _, reference, _ in others if reference in said] == []
    assert [email for _, _, email in others if email and email in said] == []


def test_of_somebody_paid_through_another_the_others_account_is_left_out(office):
    with office.transaction() as session:
        mandate = session.scalars(select(Mandate).where(Mandate.capacity == Capacity.APPOINTEE)).first()
        child = session.get_one(Beneficiary, (mandate.body_id, mandate.beneficiary_id))
        payee = session.get_one(Payee, (mandate.body_id, mandate.payee_id))
    files = taken(office, ask(office, payee.id, beneficiary_id=child.id))
    everything = json.loads(files["everything.json"])
    assert everything["beneficiary"][0]["name"] == child.name
    assert everything["who receives the money"][0]["name"] == payee.name
    assert "bank details" not in everything
    assert payee.email is None or payee.email not in files["everything.json"]
    with pytest.raises(NotFound):
        ask(office, payee.id, beneficiary_id=new_id())


def test_who_may_not_or_gives_no_reason_gets_nothing(office, payee):
    for role in (Role.PREPARER, Role.RELEASER, Role.AUDITOR, Role.ENQUIRY):
        with pytest.raises(NotAllowed):
            ask(office, payee.id, by=role)
    with pytest.raises(ReasonNotGiven):
        ask(office, payee.id, reason=" ")
    access = ask(office, payee.id)
    with pytest.raises(NotAllowed):
        taken(office, access, by=Role.PREPARER)
    assert ask(office, payee.id, access_id=access.id).id == access.id


def test_each_request_and_each_download_is_recorded_without_its_reason(office, payee):
    access = ask(office, payee.id)
    taken(office, access)
    taken(office, access)
    with office.transaction() as session:
        told = [e for e in audit.trail(session, subject_id=payee.id) if e.action.startswith("subject_access")]
    assert [event.action for event in told] == ["subject_access.taken", "subject_access.taken", "subject_access.asked"]
    assert "wrote" not in str([event.facts for event in told])


def test_of_somebody_erased_there_is_nothing_to_ask_for(office, payee, owner):
    access = ask(office, payee.id)
    with owner.begin() as connection:
        connection.execute(text("UPDATE payee SET erased_at = now() WHERE id = :id"), {"id": payee.id})
    with pytest.raises(PersonErased):
        ask(office, payee.id)
    with pytest.raises(PersonErased):
        taken(office, access)


def test_it_is_written_from_the_command_line_for_its_owners_eyes_only(office, payee, monkeypatch, tmp_path, clock):
    monkeypatch.setattr(ground, "service", lambda: office.service)
    monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
    clock.advance(seconds=30)
    monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(office.harbour.code_secrets[Role.FINANCE]).at(clock()))
    path = tmp_path / "everything.zip"
    words = ("subject-access", payee.reference, "--reason", "they wrote", "--to", str(path), "--as",
             office.harbour.people[Role.FINANCE].email)  # fmt: skip
    answer = CliRunner().invoke(payouts, words, catch_exceptions=False)
    assert "look through it first" in answer.output
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        assert "everything.html" in archive.namelist()
