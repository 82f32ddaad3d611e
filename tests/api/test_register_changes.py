"""What a page of the register can change, a system can too; and whole files of one-off payments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemes import change_applied, one_off_file
from schemes.api_key import Scope
from schemes.change import get_change
from schemes.errors import SamePerson
from schemes.payee import Beneficiary
from schemes.person import Role
from tests.api.caller import PREFIX, Caller, problem
from tests.api.test_writing import PAYEE, count, pointers
from tests.keys import a_key


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def registrar(caller) -> Caller:
    return caller(Scope.READ, Scope.PAYEES)


def test_how_a_payee_is_paid_and_written_to_is_told_and_changed(registrar):
    made = registrar.post("/payees", {**PAYEE, "preference": {"language": "welsh"}})
    assert made.json["preference"] == {"channel": None, "format": "standard", "language": "welsh"}
    assert (made.json["payments_combined"], made.json["safe_contacts_only"]) == (False, False)
    wanted = {"channel": "letter", "format": "large_print"}
    change = {"payments_combined": True, "preference": wanted, "reason": "they asked for it"}
    changed = registrar.patch("/payees/CASE-1", change, **{"If-Match": made.headers["ETag"]})
    assert changed.json["payments_combined"] is True
    assert changed.json["preference"] == {**wanted, "language": "english"}


def test_a_beneficiary_is_corrected_unless_somebody_else_was_first(office, registrar):
    whose = {"reference": "CASE-2", "name": "Ada Field", "address": "1 High Street\nLeeds\nls1 1aa"}
    payee = {**PAYEE, "capacity": "parent", "beneficiary": whose, "mandate": {"evidence": "birth certificate"}}
    assert registrar.post("/payees", payee).status_code == 201
    read = registrar.get("/beneficiaries/CASE-2")
    assert read.json["address"] == "1 High Street\nLeeds\nLS1 1AA"
    assert pointers(registrar.patch("/beneficiaries/CASE-2", {"address": "1", "reason": "x"})) == ["#/address"]
    change = {"name": "Ada Fields", "reason": "a deed"}
    changed = registrar.patch("/beneficiaries/case-2", change, **{"If-Match": read.headers["ETag"]})
    assert (changed.json["name"], changed.json["address"]) == ("Ada Fields", read.json["address"])
    late = registrar.patch("/beneficiaries/CASE-2", {**change, "name": "A"}, **{"If-Match": read.headers["ETag"]})
    assert problem(late) == "changed-since"
    assert registrar.get("/beneficiaries/CASE-2").headers["ETag"] == changed.headers["ETag"]
    before = count(office, Beneficiary)
    wrong = {**payee, "reference": "CASE-3", "beneficiary": {**whose, "reference": "CASE-4", "address": "1"}}
    assert pointers(registrar.post("/payees", wrong)) == ["#/beneficiary/address"]
    assert count(office, Beneficiary) == before


def test_that_only_some_contacts_are_safe_waits_for_a_person_who_never_saw_the_key_s_secret(office, app):
    key = a_key(office, Scope.READ, Scope.PAYEES)
    registrar = Caller(app.test_client(), key.written)
    contacts = [{"channel": "email", "value": "mo@field.example"}, {"channel": "phone", "value": "01234 567890"}]
    payee = registrar.post("/payees", {**PAYEE, "contacts": contacts, "contacts_source": "a form"}).json
    email = next(each["id"] for each in payee["contacts"] if each["channel"] == "email")
    wanted = {"safe_contacts_only": True, "contacts": [email], "reason": "they asked for it"}
    assert pointers(registrar.post("/payees/CASE-1/safe_contacts", {**wanted, "contacts": [payee["id"]]})) == [
        "#/contacts/0"
    ]
    proposed = registrar.post("/payees/CASE-1/safe_contacts", wanted)
    assert proposed.status_code == 201, proposed.json
    assert problem(registrar.post("/payees/CASE-1/safe_contacts", wanted)) == "waiting-already"
    assert registrar.get("/payees/CASE-1").json["safe_contacts_only"] is False
    at = office.service.now()
    with office.transaction() as session:
        waiting = get_change(session, proposed.json["id"], lock=True)
        with pytest.raises(SamePerson):
            change_applied.confirm(session, waiting, by=replace(key.taken_by, roles=frozenset(Role)), at=at)
        change_applied.confirm(session, waiting, by=office.person(Role.FINANCE), at=at)
    told = registrar.get("/payees/CASE-1").json
    assert told["safe_contacts_only"] is True
    assert [each["channel"] for each in told["contacts"] if each["is_safe"]] == ["email"]


@pytest.fixture
def payer(caller) -> Caller:
    return caller(Scope.READ, Scope.PAYMENTS)


def send_file(system, *rows, kind="text/csv", **headers):
    header = "reference,amount,about,pay_from,reason,sequence,further_because"
    sent = "\n".join([header, *rows])
    return system.client.post(
        f"{PREFIX}/one_off_files?scheme=HIL",
        data=sent,
        headers={
            "Authorization": f"Bearer {system.secret}",
            "Content-Type": kind,
            "Idempotency-Key": "file-1",
            **headers,
        },
    )


def test_a_file_of_one_off_payments_is_read_entered_and_confirmed_by_a_person(office, registrar, payer):
    registrar.post("/payees", PAYEE)
    good = "CASE-1,250.00,2026-11-05,2026-11-25,a grant for a wheelchair,,"
    sent = send_file(payer, good, "NOBODY,1.00,2026-11-05,2026-11-25,a grant,,")
    assert sent.status_code == 201, sent.json
    assert (sent.json["status"], sent.json["rows_good"], sent.json["good_pence"]) == ("read", 1, 25000)
    (refused,) = sent.json["refused"]
    assert (refused["line"], refused["faults"]) == (3, [{"field": "reference", "reason": "unknown_beneficiary"}])
    path = f"/one_off_files/{sent.json['id']}"
    assert payer.get(path).json == sent.json
    assert payer.all("/one_off_payments") == []
    assert problem(payer.post(f"{path}/enter", {"whole": True})) == "not-now"
    assert payer.post(f"{path}/enter", {}).json["status"] == "entered"
    (entered,) = payer.all("/one_off_payments")
    assert (entered["amount_pence"], entered["state"], entered["file_id"]) == (25000, "waiting", sent.json["id"])
    again = send_file(payer, good, **{"Idempotency-Key": "file-2"}).json
    assert (again["rows_good"], again["rows_unchanged"]) == (0, 1)
    assert payer.post(f"/one_off_files/{again['id']}/discard", {}).json["status"] == "discarded"
    at = office.service.now()
    with office.transaction() as session:
        file = one_off_file.get_file(session, sent.json["id"], lock=True)
        assert one_off_file.confirm(session, file, by=office.person(Role.FINANCE), at=at) == 1
    assert payer.get(f"/one_off_payments/{entered['id']}").json["state"] == "confirmed"
    assert problem(payer.post(f"{path}/withdraw", {"reason": "too late"})) == "not-now"
    assert [each["id"] for each in payer.all("/one_off_files")] == [sent.json["id"], again["id"]]


def test_whoever_took_the_secret_of_a_key_confirms_no_file_that_it_sent(office, app, registrar):
    registrar.post("/payees", PAYEE)
    key = a_key(office, Scope.PAYMENTS)
    payer = Caller(app.test_client(), key.written)
    sent = send_file(payer, "CASE-1,250.00,2026-11-05,2026-11-25,a grant,,").json
    payer.post(f"/one_off_files/{sent['id']}/enter", {})
    taker = replace(key.taken_by, roles=frozenset({Role.FINANCE}))
    with office.transaction() as session:
        file = one_off_file.get_file(session, sent["id"], lock=True)
        with pytest.raises(SamePerson):
            one_off_file.confirm(session, file, by=taker, at=office.service.now())
    assert payer.post(f"/one_off_files/{sent['id']}/withdraw", {"reason": "sent twice"}).json["status"] == "rejected"


def test_a_file_that_is_none_is_told_so(payer):
    assert pointers(send_file(payer, '"a quote that never closes')) == ["#"]
    assert problem(send_file(payer, kind="application/zip")) == "unsupported-media-type"
    assert pointers(send_file(payer, '{"iban": "x"}', kind="application/x-ndjson")) == ["#/1"]
