"""`updated_since`: whoever asks for changes misses none, however late they could be seen and wherever they stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from payouts_client import Payouts
from sqlalchemy import select

from payouts.api import listing
from schemes import one_off_file, payee_details
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.new_payee import NewPayee, add_payee
from schemes.payee import Capacity, Payee, beneficiaries_of
from schemes.person import Role
from tests.entering import FILE_HEADER, entering, pay_one_offs, send_file
from tests.keys import a_key


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture(autouse=True)
def clocks_agree(monkeypatch):
    """What is looked at is what one clock says: the margin for two would hide what is missed."""
    monkeypatch.setattr(listing, "TOLERANCE", timedelta())


def now_for(reader, path):
    return reader.get(f"{path}?limit=1").json["changed_until"]


def changed_since(reader, path, since):
    return [one["id"] for one in reader.all(f"{path}?updated_since={since}")]


def test_what_a_long_transaction_wrote_is_found_by_whoever_asked_while_it_ran(office, reader):
    new = NewPayee(reference="LATE-1", name="Late Comer", date_of_birth=None, capacity=Capacity.SELF)
    by, at = office.person(Role.PREPARER), office.service.now()
    with office.transaction() as session:
        made = add_payee(session, office.service.seals, payee_id=new_id(), new=new, by=by, at=at)
        session.flush()
        asked = reader.get("/payees?updated_since=2000-01-01T00:00:00Z&limit=200").json
        assert "LATE-1" not in [one["reference"] for one in asked["data"]]
    assert changed_since(reader, "/payees", asked["changed_until"]) == [str(made.id)]
    assert changed_since(reader, "/payees", now_for(reader, "/payees")) == []


def test_a_list_that_has_not_changed_is_spared_whoever_has_it(office, reader):
    first = reader.get("/payees?limit=3")
    later = {"If-None-Match": first.headers["ETag"]}
    assert reader.get("/payees?limit=3").json["changed_until"] > first.json["changed_until"]
    assert reader.get("/payees?limit=3", **later).status_code == 304
    with office.transaction() as session:
        payee_details.correct_payee(
            session, office.service.seals, first.json["data"][0]["id"], name="Somebody Else", date_of_birth=None,
            reason="a deed", by=office.person(Role.PREPARER), at=office.service.now(),
        )  # fmt: skip
    assert reader.get("/payees?limit=3", **later).status_code == 200


def test_a_corrected_beneficiary_has_changed(office, reader):
    since = now_for(reader, "/beneficiaries")
    with office.transaction() as session:
        payee = session.scalars(select(Payee).order_by(Payee.id).limit(1)).one()
        ((whose, _),) = beneficiaries_of(session, payee)
        payee_details.correct_beneficiary(
            session, office.service.seals, payee_id=payee.id, beneficiary_id=whose.id, name="Ada Newname",
            date_of_birth=whose.date_of_birth, reason="a deed", by=office.person(Role.PREPARER),
            at=office.service.now(),
        )  # fmt: skip
    assert changed_since(reader, "/beneficiaries", since) == [str(whose.id)]


def test_a_one_off_payment_changes_with_its_file_and_with_the_payroll_that_pays_it(office, reader):
    entry = entering(office)
    reference = reader.get(f"/beneficiaries/{entry.beneficiary_id}").json["reference"]
    line = f"{reference},40.00,2026-11-20,2026-11-25,a winter grant,besides the award,2\n"
    sent = send_file(office, FILE_HEADER + line)
    by, at, other = office.person(Role.PREPARER), office.service.now(), office.person(Role.FINANCE)
    with office.transaction() as session:
        file = one_off_file.get_file(session, sent.id, lock=True)
        one_off_file.enter(session, office.service.seals, file, whole=True, by=by, at=at)
    (mine,), since = reader.all("/one_off_payments"), now_for(reader, "/one_off_payments")
    with office.transaction() as session:
        one_off_file.confirm(session, one_off_file.get_file(session, sent.id, lock=True), by=other, at=at)
    assert changed_since(reader, "/one_off_payments", since) == [mine["id"]]
    since = now_for(reader, "/one_off_payments")
    pay_one_offs(office)
    assert reader.get(f"/one_off_payments/{mine['id']}").json["state"] == "in_payroll"
    assert changed_since(reader, "/one_off_payments", since) == [mine["id"]]


def test_the_python_client_knows_from_when_to_ask_next_time(office, app, http_of):
    written = a_key(office, Scope.READ).written
    with Payouts("http://localhost", written, transport=http_of(app)) as payouts:
        everybody = payouts.payees.list(limit=7)
        assert everybody.changed_until is None
        assert len(list(everybody)) > 40
        assert payouts.payees.list(updated_since=everybody.changed_until).first() is None
