"""What stands behind a payroll and a payee on the pages, asked for through the API; and that it ends at the key."""

from __future__ import annotations

from datetime import date

import pytest
from payouts_client import Payouts
from sqlalchemy import text

from payouts.checks.finding import groups_of
from payouts.files.payment_file import files_of
from payouts.payroll import get_payroll
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.person import Role
from tests.api.caller import Caller, problem
from tests.keys import a_key


@pytest.fixture
def start(sealed):
    return sealed


def test_the_findings_of_a_payroll_are_told_one_by_one_and_page_by_page(office, reader, sealed):
    with office.transaction() as session:
        counted = {group.kind.value: group.count for group in groups_of(session, sealed.payroll_id)}
    found = reader.all("/payrolls/1/findings", limit=7)
    assert {kind: [each["kind"] for each in found].count(kind) for kind in counted} == counted
    assert len({each["id"] for each in found}) == len(found)
    kind = max(counted, key=lambda name: counted[name])
    assert reader.all(f"/payrolls/1/findings?kind={kind}", limit=3) == [one for one in found if one["kind"] == kind]
    assert all(each["reason"] == "looked at" for each in found if each["severity"] == "needs_reason")
    assert problem(reader.get("/payrolls/1/findings?kind=nothing")) == "invalid"


def test_the_difference_to_the_last_payroll_adds_up(office, reader, sealed):
    told = reader.get("/payrolls/1/difference").json
    assert told["then_pence"] + sum(each["pence"] for each in told["causes"]) == told["now_pence"]
    assert (told["compared_with"], told["unexplained_pence"]) == (None, 0)
    assert problem(reader.get("/payrolls/1/difference/nothing")) == "not-found"
    for each in told["causes"]:
        lines = reader.all(f"/payrolls/1/difference/{each['cause']}")
        assert not lines or sum(line["pence"] for line in lines) == each["pence"]


def test_a_file_is_told_by_the_digest_that_people_approve_and_not_given_out(office, reader, sealed):
    (told,) = reader.get("/payrolls/1/files").json["data"]
    with office.transaction() as session:
        (file,) = files_of(session, sealed.payroll_id)
        assert (told["sha256"], told["total_pence"]) == (
            file.sha256,
            get_payroll(session, sealed.payroll_id).total_pence,
        )
    assert not {"content", "sealed_content", "key_id"} & told.keys()


def test_whoever_decided_at_a_gate_is_told_with_when_it_was_due(office, reader, sealed):
    office.decide(sealed.payroll_id, 1, by=office.person(Role.PREPARER))
    first, *others = reader.get("/payrolls/1").json["gates"]
    assert [(each["person"], each["verdict"]) for each in first["decisions"]] == [("Priya Preparer", "go")]
    assert all(each["due_at"] and each["decisions"] == [] for each in others)


def test_the_calendar_tells_the_days_of_a_payroll(reader):
    days = reader.get("/calendar?from_day=2026-11-16&to_day=2026-12-31").json["data"]
    kinds = {each["kind"] for each in days if each["payroll_number"] == 1}
    assert kinds >= {"pay_day", "last_input", "processing", "gate_due"}
    assert {each["day"] for each in days if each["kind"] == "bank_holiday"} == {"2026-12-25", "2026-12-28"}
    for wrong in ("to_day=2026-11-01", "from_day=2036-11-23", "from_day=2026-11-23&to_day=2027-11-23"):
        assert problem(reader.get(f"/calendar?{wrong}")) == "invalid"


def test_a_key_of_another_scheme_is_told_nothing_of_this_ones_payrolls(office, app, owner, sealed):
    key = a_key(office, Scope.READ)
    with owner.begin() as connection:
        other = {"id": key.id, "other": str(new_id())}
        connection.execute(
            text("UPDATE api_key SET schemes = jsonb_build_array(cast(:other AS text)) WHERE id = :id"), other
        )
    limited = Caller(app.test_client(), key.written)
    for what in ("", "/findings", "/difference", "/difference/starters", "/files", "/unpaid"):
        assert problem(limited.get(f"/payrolls/1{what}")) == "not-found"
    days = limited.get("/calendar?from_day=2026-11-23&to_day=2026-12-31").json["data"]
    assert {each["kind"] for each in days} == {"bank_holiday", "office_closed"}


def test_notes_contacts_mandates_and_suspensions_are_written_and_read_back(caller):
    registrar, awarder = caller(Scope.READ, Scope.PAYEES), caller(Scope.READ, Scope.AWARDS)
    contacts = [{"channel": "email", "value": "mo@field.example"}]
    payee = {"reference": "CASE-1", "name": "Mo Field", "contacts": contacts, "contacts_source": "a form"}
    made = registrar.post("/payees", payee).json
    assert registrar.post("/payees/CASE-1/notes", {"text": "Prefers the telephone"}).status_code == 201
    assert [each["text"] for each in registrar.get("/payees/CASE-1/notes").json["data"]] == ["Prefers the telephone"]
    assert problem(registrar.post("/payees/CASE-1/notes", {"text": "  "})) == "invalid"
    contact, mandate = made["contacts"][0]["id"], made["beneficiaries"][0]["id"]
    ended = registrar.post(f"/payees/CASE-1/contacts/{contact}/end", {"reason": "bounced"})
    assert ended.json["ended_at"]
    end = {"last_day": "2027-01-31", "reason": "moved abroad"}
    assert registrar.post(f"/payees/CASE-1/mandates/{mandate}/end", end).json["last_day"] == "2027-01-31"
    assert problem(registrar.post(f"/payees/CASE-1/mandates/{contact}/end", end)) == "not-found"
    award = {"scheme": "HIL", "beneficiary": "CASE-1", "amount_pence": 1250, "first_day": "2026-12-01"}
    path = f"/awards/{awarder.post('/awards', award).json['id']}"
    awarder.post(f"{path}/suspensions", {"from_day": "2026-12-01", "review_on": "2026-12-20", "reason": "a doubt"})
    (suspension,) = awarder.get(path).json["suspensions"]
    assert (suspension["reason"], suspension["lifted_at"]) == ("a doubt", None)


def test_the_python_client_has_the_same(app, office, sealed, http_of):
    with Payouts("http://localhost", a_key(office, Scope.READ, Scope.PAYEES).written, transport=http_of(app)) as client:
        assert client.payrolls.files(1)[0].sha256
        assert client.payrolls.findings(1).first()
        difference = client.payrolls.difference(1)
        assert list(client.payrolls.difference_by(1, difference.causes[0].cause)) == []
        assert client.payrolls.get(1).gates[0].due_at
        assert client.calendar(date(2026, 11, 23))
        payee = client.payees.create(reference="CASE-1", name="Mo Field")
        assert client.payees.add_note(payee, "rings in the evening").text == client.payees.notes(payee)[0].text
        end = {"last_day": date(2027, 1, 31), "reason": "moved abroad"}
        assert client.payees.end_mandate(payee, payee.beneficiaries[0], **end).last_day == date(2027, 1, 31)
        assert list(client.one_off_payments.list(beneficiary="CASE-1")) == []
