"""A payroll in the browser, from creating it to recording that it was submitted."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest
from sqlalchemy import select

from payouts.demo.harbour import seed
from payouts.files import sealing
from payouts.payroll import Payroll, PayrollStatus, get_payroll, payrolls_of_body
from payouts.tasks.outbox import Task, TaskState
from schemes.audit import AuditEvent, trail
from schemes.database import new_id
from schemes.person import DEMO_PASSWORD, Role
from tests.web.visitor import Visitor

# of the small register's 60 rows 12 are wrong, and a repeated reference refuses both of its rows
PAID = 47


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def new_payroll_page(preparer, harbour):
    return preparer.get(f"/schemes/{harbour.scheme_id}/payrolls/new")


def test_a_new_payroll_is_offered_the_next_possible_pay_date_with_its_days(new_payroll_page):
    typed = [i["value"] for i in new_payroll_page.soup.select(".govuk-date-input input")]
    assert typed == ["25", "11", "2026"]
    assert "Monday 23 November 2026, by 9pm" in new_payroll_page.text


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (["28", "11", "2026"], "Saturday 28 November 2026 is not a working day of the banks"),
        (["24", "11", "2026"], "Tuesday 24 November 2026 is too early"),
        (["31", "11", "2026"], "Enter a real date, as day, month and year"),
        (["", "", ""], "Enter the day on which payees should have the money"),
    ],
)
def test_a_pay_date_that_cannot_be_says_why_beside_the_field(preparer, new_payroll_page, day, says):
    page = preparer.press("Create the payroll", pay_date=day)
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert page.errors[0].startswith(says)
    assert page.link(says) == "#pay_date-day"


def test_a_form_sent_twice_makes_one_payroll(preparer, new_payroll_page, office):
    first, second = preparer.send("Create the payroll"), preparer.send("Create the payroll")
    assert first.location == second.location
    with office.transaction() as session:
        assert len(payrolls_of_body(session)) == 1


def test_a_payroll_is_watched_while_it_is_built(preparer, new_payroll_page, office):
    page = preparer.press("Create the payroll")
    assert page.h1 == "Payments on Wednesday 25 November 2026"
    assert page.steps["Payments built from the register"] == "In progress"
    here = page.response.request.path
    assert preparer.client.get(f"{here}/progress").json["finished"] is False
    office.work()
    assert preparer.client.get(f"{here}/progress").json["finished"] is True
    page = preparer.get(here)
    assert page.numbers["Payments"] == str(PAID)
    assert page.has_button("Build it again")
    assert page.link("Look at the findings")


@pytest.fixture
def checked(office):
    payroll_id = office.create()
    office.work()
    return payroll_id


def test_findings_are_accepted_with_a_reason_and_then_the_files_are_built(preparer, checked, office):
    page = preparer.get(f"/payrolls/{checked}/checks")
    open_kinds = [row for row in page.table("findings") if row[1] == "Needs a reason"]
    assert open_kinds
    for name, *_ in open_kinds:
        page = preparer.get(preparer.get(f"/payrolls/{checked}/checks").link(name))
        if not page.has_button("Accept"):
            page = preparer.get(page.link("Go through them"))
        assert preparer.press("Accept").errors == ["Say why it is right to pay"]
        while page.has_button("Accept"):
            page = preparer.press("Accept", reason="Compared with the form")
            assert page.done[0].startswith("You accepted ")
    assert "Needs a reason" not in page.text
    preparer.get(f"/payrolls/{checked}")
    page = preparer.press("Build the files")
    assert page.soup.find("progress") is not None
    office.work()
    page = preparer.get(f"/payrolls/{checked}")
    assert page.steps["Gate: Ready"] == "Waiting"


def test_one_finding_can_be_accepted_alone(preparer, checked):
    name, _, count, *_ = next(
        row for row in preparer.get(f"/payrolls/{checked}/checks").table("findings") if row[1] == "Needs a reason"
    )
    page = preparer.get(preparer.page.link(name))
    preparer.get(page.link("Look at it" if "Go through them" in page.text else "Accept only this"))
    assert preparer.press("Accept", reason="It is right").done == ["You accepted 1 finding"]
    left = int(count) - 1
    page = preparer.get(f"/payrolls/{checked}/checks")
    told = {row[0]: row[1] for row in page.table("findings")}
    assert told[name] == ("Needs a reason" if left else "Accepted")


def test_files_are_not_built_while_findings_are_open(preparer, checked):
    preparer.get(f"/payrolls/{checked}")
    page = preparer.client.post(
        f"/payrolls/{checked}/files",
        data={"csrf_token": preparer.page.soup.find("input", attrs={"name": "csrf_token"})["value"]},
        follow_redirects=True,
    )
    assert "still open" in page.get_data(as_text=True)


def test_payments_and_the_unpaid_are_listed_page_by_page(preparer, checked, monkeypatch):
    monkeypatch.setattr("payouts.web.payments.PAGE", 20)
    page = preparer.get(f"/payrolls/{checked}/payments")
    seen = [row[0] for row in page.table("payments")]
    while "Next page" in page.text:
        page = preparer.get(page.link("Next page"))
        seen += [row[0] for row in page.table("payments")]
    assert len(seen) == len(set(seen)) == PAID
    assert preparer.get(f"/payrolls/{checked}/not-paid").h1 == "Not paid on 25 November 2026"


def test_a_payroll_is_cancelled_with_a_reason(preparer, checked, office):
    preparer.get(f"/payrolls/{checked}/cancel")
    assert preparer.press("Cancel the payroll").errors == ["Say why you cancel it"]
    page = preparer.press("Cancel the payroll", reason="Wrong month")
    assert page.done == ["You cancelled the payroll. Nobody is paid by it"]
    assert "Wrong month" in page.text
    with office.transaction() as session:
        assert get_payroll(session, checked).status is PayrollStatus.CANCELLED


def test_a_payroll_is_built_again(preparer, checked, office):
    preparer.get(f"/payrolls/{checked}")
    preparer.press("Build it again")
    office.work()
    assert preparer.get(f"/payrolls/{checked}").numbers["Payments"] == str(PAID)


def test_an_unknown_payroll_is_a_page_not_found_and_an_event(preparer, office):
    asked_for = new_id()
    page = preparer.get(f"/payrolls/{asked_for}")
    assert (page.status, page.h1) == (404, "Page not found")
    with office.transaction() as session:
        [event] = trail(session, limit=1)
    assert (event.action, event.facts) == (
        "access.not_found",
        {"kind": "payroll", "asked_for": str(asked_for)},
    )


def test_a_neighbour_s_payroll_is_a_page_not_found_and_an_event(preparer, checked, service, app, clock):
    neighbour = seed(service, name="Neighbour", domain="neighbour.example")
    person = Visitor(app.test_client())
    person.get("/sign-in")
    code = pyotp.TOTP(neighbour.code_secrets[Role.PREPARER]).at(clock())
    person.press("Sign in", email=neighbour.people[Role.PREPARER].email, password=DEMO_PASSWORD, code=code)
    for path in ("", "/payments", "/checks", "/cancel", "/progress"):
        assert person.get(f"/payrolls/{checked}{path}").status == 404
    with service.transaction(neighbour.body_id) as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "access.not_found")).all()
        assert session.scalars(select(Payroll)).all() == []


@pytest.mark.parametrize("role", [Role.FINANCE, Role.APPROVER, Role.RELEASER])
def test_only_a_preparer_creates_and_cancels(signed_in, harbour, checked, role):
    person = signed_in(role)
    for path in (f"/schemes/{harbour.scheme_id}/payrolls/new", f"/payrolls/{checked}/cancel"):
        page = person.get(path)
        assert page.status == 403
        assert harbour.people[Role.PREPARER].name in page.text


def test_when_the_known_bank_holidays_run_out_the_page_says_so_and_plans_nothing(signed_in, clock, harbour):
    clock.time = datetime(2028, 12, 29, 10, tzinfo=UTC)
    page = signed_in(Role.PREPARER).get(f"/schemes/{harbour.scheme_id}/payrolls/new")
    assert page.status == 503
    assert page.h1 == "The bank holidays of that time are not known yet"
    assert "31 December 2028" in page.text


def test_files_that_could_not_be_built_say_why_without_anybodys_details_and_lead_back(office, preparer, signed_in):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        sealing.ask_for_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
        task = session.scalars(select(Task).where(Task.kind == "payroll.seal")).one()
        task.state, task.ended_at, task.attempts = TaskState.STOPPED, office.service.now(), 6
        task.error = "KeyMissing: key k1 of J BLOGGS"
    address = f"/payrolls/{payroll_id}"
    page = signed_in(Role.AUDITOR).get(address)
    assert "The files for the bank could not be built" in page.text
    assert "without the keys that open the bank details" in page.text
    assert "BLOGGS" not in page.text
    assert "Go back to the findings" not in page.text
    preparer.get(address)
    page = preparer.press("Go back to the findings")
    assert "could not be built" not in page.text
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.CHECKED
