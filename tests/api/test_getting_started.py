"""The page for a first payment and the examples of the description, followed to the letter."""

from __future__ import annotations

import json
import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from payouts.api.application import description
from schemes import bank_details, one_off
from schemes.account import accounts_of, get_account
from schemes.api_key import Scope
from schemes.call_back import Call
from schemes.one_off_payment import get_one_off
from schemes.payee import payee_of_reference
from schemes.person import Role
from tests.entering import pay_one_offs

PAGE = Path(__file__).parents[2] / "docs" / "api-getting-started.md"
# what depends on what: in this order the examples can be sent one after the other
EXAMPLES = [
    "/webhooks",
    "/payees",
    "/payees/{payee}/bank_details",
    "/one_off_payments",
    "/awards",
    "/payees/{payee}/holds",
]


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def curl(caller):
    """Does what a curl command of the page would do."""
    systems = {"$CASES": caller(Scope.READ, Scope.PAYEES), "$GRANTS": caller(Scope.READ, Scope.PAYMENTS)}

    def run(command):
        words = shlex.split(command)
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        system = systems[headers.pop("Authorization").removeprefix("Bearer ")]
        path = next(word for word in words if word.startswith("$API")).removeprefix("$API")
        if "-d" not in words:
            return system.get(path, **headers)
        headers.pop("Content-Type")
        return system.send("POST", path, json.loads(words[words.index("-d") + 1]), **headers)

    return run


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [block.strip() for block in blocks if block.startswith("curl")]


def test_the_commands_of_the_page_lead_to_a_payment_with_people_in_between(office, curl):
    body, payee, waiting, payment, follow, became, advance = commands()
    assert curl(body).json["kind"] == "sandbox"
    first = curl(payee)
    assert first.status_code == 201, first.json
    assert curl(payee).json == first.json
    assert curl(waiting).json["data"][0]["state"] == "waiting"
    confirm_details(office)
    assert curl(waiting).json["data"][0]["state"] == "in_use"
    entered = curl(payment)
    assert entered.status_code == 201, entered.json
    assert curl(payment.replace("grant-1001", "another")).json["id"] == entered.json["id"]
    confirm_payment(office, entered.json["id"])
    payroll_id = pay_one_offs(office)
    assert curl(follow).json["data"][0]["state"] == "in_payroll"
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    (paid,) = curl(became).json["data"]
    assert (paid["amount_pence"], paid["status"]) == (25000, "released")
    office.download(payroll_id)
    office.record_submission(payroll_id)
    passing = curl(advance)
    assert passing.status_code == 202, passing.json
    office.work(leave="notices.send")
    (paid,) = curl(became).json["data"]
    assert paid["status"] == "submitted", "the days for returns have not passed by the calendar"


def confirm_details(office):
    by, at = office.person(Role.FINANCE), office.service.now()
    with office.transaction() as session:
        payee = payee_of_reference(session, "CASE-1001")
        (account,) = accounts_of(session, payee.id)
        account = get_account(session, payee.id, account.id, lock=True)
        call = Call("Morgan Field", "01234 567890", date(2026, 1, 5))
        bank_details.confirm(session, office.service.calendar, account, call=call, at_the_bank=(), by=by, at=at)


def confirm_payment(office, one_off_id):
    by, at = office.person(Role.FINANCE), office.service.now()
    with office.transaction() as session:
        one_off.confirm(session, get_one_off(session, one_off_id, lock=True), by=by, at=at)


def test_every_example_of_the_description_does_what_it_says(caller):
    described = {
        path: operations["post"]["requestBody"]["content"]["application/json"]["example"]
        for path, operations in description()["paths"].items()
        if "example" in operations.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
    }
    assert set(described) == set(EXAMPLES)
    registrar, payer = caller(Scope.READ, Scope.PAYEES, Scope.AWARDS), caller(Scope.PAYMENTS)
    for path in EXAMPLES:
        system = payer if path == "/one_off_payments" else registrar
        answer = system.post(path.replace("{payee}", "CASE-1001"), described[path])
        assert answer.status_code == 201, (path, answer.json)


def test_the_page_to_click_through_loads_nothing_from_elsewhere(app):
    answer = app.test_client().get("/api/v1/docs")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    addresses = re.findall(r'(?:src|href|data-description)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/"), address
        assert app.test_client().get(address).status_code == 200, address
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
