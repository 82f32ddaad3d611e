"""What came back, through the API; and the days of a sandbox's bank, by which it does."""

from __future__ import annotations

from datetime import UTC, timedelta

import httpx
import pytest
from payouts_client import Payouts, ReturnStatus
from sqlalchemy import text

from payouts.files.payment_file import files_of
from payouts.payment import PaymentStatus
from payouts.payroll import get_payroll
from payouts.responses import applying
from payouts.returns import recall as recalls
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release
from tests.api.caller import problem
from tests.keys import a_key


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def ask_back(office, bank, payment):
    with office.transaction() as session:
        payroll = get_payroll(session, bank.payroll_id, lock=True)
        [file] = files_of(session, bank.payroll_id)
        facts = {"file_id": file.id, "payment_id": payment.id, "reason": "paid twice", "recall_id": new_id()}
        recalls.ask(session, payroll, **facts, by=office.person(Role.PREPARER), at=office.service.now())


def test_what_came_back_is_listed_with_why_and_what_a_person_has_to_do(office, bank, reader):
    receive(office, bank.arucs((bank.items[0], "C"), (bank.items[1], "2")))
    payment = payment_of(office, bank.items[0])
    found = reader.all("/returns", limit=1)
    assert len(found) == 2
    mine = next(one for one in found if one["payment"]["id"] == str(payment.id))
    assert (mine["came_back"], mine["status"], mine["amount_pence"]) == ("returned", "held", payment.amount_pence)
    one = reader.get(f"/returns/{mine['id']}").json
    assert (one["next"], one["paying_payroll_number"], one["outcomes"]) == ("find_out", None, [])
    number, payee = one["payment"]["payroll_number"], one["payment"]["payee"]["reference"]
    assert len(reader.get(f"/returns?payroll={number}&status=held").json["data"]) == 2
    assert [each["id"] for each in reader.get(f"/returns?payee={payee}").json["data"]] == [mine["id"]]
    assert reader.get("/returns?status=reissued").json["data"] == []
    assert reader.get("/suspense").json == {"waiting_count": 0}
    assert problem(reader.get(f"/returns/{new_id()}")) == "not-found"


def test_one_payment_that_came_back_is_told_alone_and_its_timeline_says_so(office, bank, reader, clock):
    payment, other = payment_of(office, bank.items[0]), payment_of(office, bank.items[1])
    ask_back(office, bank, payment)
    with office.transaction() as session:
        began = session.scalar(text("SELECT clock_timestamp()"))
    receive(office, bank.arucs((bank.items[0], "C")))
    since = (began - timedelta(milliseconds=1)).isoformat().replace("+00:00", "Z")
    changed = reader.all(f"/payments?updated_since={since}".replace("+", "%2B"), limit=1)
    assert [one["id"] for one in changed] == [str(payment.id)]
    told = [each["what"] for each in reader.get(f"/payments/{payment.id}").json["timeline"]]
    assert "recall.requested" in told
    assert told[-1] == "payment.returned"
    assert "recall.requested" not in [each["what"] for each in reader.get(f"/payments/{other.id}").json["timeline"]]


def test_a_payment_of_which_the_bank_says_that_it_was_paid_has_changed(office, bank, reader):
    payment, other = payment_of(office, bank.items[0]), payment_of(office, bank.items[1])
    with office.transaction() as session:
        began = session.scalar(text("SELECT clock_timestamp()"))
        by, at = office.person(Role.FINANCE).person_id, office.service.now()
        applying.apply_wanted(session, {PaymentStatus.PAID: [payment.id]}, by=by, at=at)
    since = (began - timedelta(milliseconds=1)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    changed = {one["id"]: one["status"] for one in reader.all(f"/payments?updated_since={since}")}
    assert changed[str(payment.id)] == "paid"
    timeline = [each["what"] for each in reader.get(f"/payments/{other.id}").json["timeline"]]
    assert "payroll.payments_paid" not in timeline, "the bank spoke of another one"


def test_a_payment_that_is_not_there_is_looked_for_from_its_pay_day_on(office, bank, caller, clock):
    payment, payer = payment_of(office, bank.items[0]), caller(Scope.READ, Scope.PAYMENTS)
    told = {"why": "not_arrived", "told_by": "payee", "told_on": "2026-11-26", "said": "I looked this morning"}
    path = f"/payments/{payment.id}/traces"
    assert problem(payer.post(path, told)) == "refused"
    clock.advance(days=3)
    assert payer.post(path, {**told, "said": " "}).json["errors"][0]["pointer"] == "#/said"
    opened = payer.post(path, told)
    assert (opened.status_code, opened.json["stage"]) == (201, "compare"), opened.json
    assert problem(payer.post(path, told)) == "not-now"
    assert payer.get(path).json["data"] == [opened.json]


def test_a_sandbox_s_bank_passes_as_many_days_as_are_asked_for_and_no_more_for_the_same_header(
    office, sealed, reader, caller
):
    payer = caller(Scope.PAYMENTS)
    number = reader.get("/payrolls").json["data"][0]["number"]
    wanted = {"payroll": str(number), "days": 20, "returned": 2}
    assert problem(payer.post("/sandbox/advance", wanted)) == "not-now"
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    first = payer.post("/sandbox/advance", wanted, once="days")
    assert (first.status_code, first.json["days_asked"]) == (202, 20), first.json
    assert payer.post("/sandbox/advance", wanted, once="days").json == first.json
    office.work(leave="notices.send")
    statuses = {one["status"] for one in reader.all("/payments")}
    assert statuses <= {"paid", "returned", "submitted", "rejected", "recalled"}
    assert len(reader.get("/returns").json["data"]) >= 2
    assert problem(payer.post("/sandbox/advance", wanted)) == "refused"
    assert problem(reader.post("/sandbox/advance", wanted)) == "key-refused"


def test_a_live_body_s_bank_waits_for_nobody(office, sealed, caller, owner):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    payer = caller(Scope.PAYMENTS)
    with owner.begin() as connection:
        connection.execute(text("UPDATE body SET kind = 'live'"))
    answer = payer.post("/sandbox/advance", {"payroll": "1"})
    assert problem(answer) == "refused"


def test_the_python_client_tells_what_came_back_and_lets_the_bank_s_days_pass(office, app, bank):
    receive(office, bank.arucs((bank.items[0], "C"), (bank.items[1], "2")))
    written = a_key(office, Scope.READ, Scope.PAYMENTS).written
    with Payouts("http://localhost", written, transport=httpx.WSGITransport(app=app)) as payouts:
        first, second = payouts.returns.list(status=ReturnStatus.HELD, limit=1)
        assert {first.reason, second.reason} == {"requested", "deceased"}
        one = payouts.returns.get(first)
        assert (one.payment, one.outcomes) == (first.payment, ())
        assert payouts.returns.suspense().waiting_count == 0
        advanced = payouts.sandbox.advance(one.payment.payroll_number, days=2)
        assert (advanced.payroll_number, advanced.days_asked) == (one.payment.payroll_number, 2)
