"""The outbox asks the Notify simulator through the real client."""

from __future__ import annotations

import threading
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import text

from payouts.demo.harbour import seed
from payouts.sandbox.notify import NotifyServer
from payouts.web.magic_words import chapters
from schemes.body import BodyKind
from schemes.person import DEMO_PASSWORD, Role
from tests.web.visitor import Visitor, text_of

KEY = "pages-00000000-0000-4000-8000-000000000001-00000000-0000-4000-8000-000000000002"


@pytest.fixture
def notify(tmp_path):
    server = NotifyServer(
        "127.0.0.1", 0, store=tmp_path / "notify", receipts_url=None, receipts_token=None, api_keys=[KEY]
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def service(service, make_settings, notify):
    settings = make_settings(sandbox_notify_url=notify.url, sandbox_notify_api_key=KEY)
    return replace(service, settings=settings)


def test_the_outbox_shows_what_payees_would_have_been_sent(signed_in, office, sealed):
    person = signed_in(Role.RELEASER)
    assert "Nothing has been sent yet" in person.get("/outbox").text
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work()
    page = person.get("/outbox")
    cards = page.soup.select(".govuk-summary-card")
    assert cards
    assert all("@" in card.get_text() and "£" in card.get_text() for card in cards)
    assert "Notices to payees" in person.get(f"/payrolls/{sealed.payroll_id}").text


def test_the_outbox_shows_nothing_of_a_neighbour_who_sends_through_the_same_simulator(
    service, office, sealed, app, clock
):
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work()
    neighbour = seed(service, name="Neighbour", domain="neighbour.example")
    code = pyotp.TOTP(neighbour.code_secrets[Role.PREPARER]).at(clock())
    person = Visitor(app.test_client())
    person.get("/sign-in")
    person.press("Sign in", email=neighbour.people[Role.PREPARER].email, password=DEMO_PASSWORD, code=code)
    assert "Nothing has been sent yet" in person.get("/outbox").text


def test_a_simulator_that_is_away_is_said_to_be_away(signed_in, service, notify):
    person = signed_in(Role.RELEASER)
    service.settings.__dict__["sandbox_notify_url"] = "http://127.0.0.1:1"
    assert "does not answer" in person.get("/outbox").text


def test_whatever_can_be_made_to_happen_stands_on_a_page_that_the_sandbox_s_line_leads_to(signed_in):
    person = signed_in(Role.RELEASER)
    page = person.get(person.get("/").soup.find("a", string="Payees and accounts for every outcome")["href"])
    told = [[text_of(cell) for cell in row.find_all(["th", "td"])] for row in page.soup.select("tbody tr")]
    assert told == [[each.typed, each.happens] for chapter in chapters() for each in chapter.outcomes]


def test_a_live_body_has_no_outbox(signed_in, owner):
    person = signed_in(Role.RELEASER)
    with owner.begin() as connection:
        connection.execute(text("UPDATE body SET kind = :kind"), {"kind": BodyKind.LIVE.value})
    assert person.get("/sandbox").status == 404
    page = person.get("/outbox")
    assert page.status == 404
    assert "SANDBOX" not in page.response.get_data(as_text=True)
    assert "Outbox" not in page.response.get_data(as_text=True)
