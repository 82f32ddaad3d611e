"""A passkey in a real browser, with Chromium's own authenticator; and the pages around the gates as axe finds them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from payouts import local
from payouts.app import create_app, make_service
from payouts.gates.decision import decisions_of
from schemes.person import DEMO_PASSWORD, Role
from tests.axe import violations_on
from tests.passkeys import give_passkey

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def port() -> int:
    return local.free_port(0)


@pytest.fixture
def service(make_settings, clock, port):
    """A service that knows its own address: passkeys are made for one."""
    made = make_service(make_settings(base_url=f"http://localhost:{port}", passkey_host="localhost"), now=clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def app(service):
    return create_app(service)


@pytest.fixture
def site(app, port) -> Iterator[str]:
    server = make_server("localhost", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{port}"
    server.shutdown()
    thread.join()


def authenticator_of(page: Page, **changes: object):
    """A device that Chromium takes for the person's own; returns the connection by which it is told what to do."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **changes}})
    return devtools, made["authenticatorId"]


def looked_at(page: Page) -> None:
    assert violations_on(page) == [], page.url


def test_a_person_adds_a_passkey_and_a_day_later_signs_a_decision_with_it(
    at_browser, signed_in, site, office, sealed, clock, code_of
):
    page = at_browser(Role.PREPARER)
    devtools, device = authenticator_of(page)
    page.goto(f"{site}/account")
    page.get_by_role("link", name="Your passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    looked_at(page)
    page.get_by_label("Name of the passkey").fill("Laptop")
    page.get_by_label("Your password now").fill(DEMO_PASSWORD)
    page.get_by_label("One-time code").fill(code_of(Role.PREPARER))
    page.get_by_role("button", name="Continue").click()
    looked_at(page)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("row", name="Laptop")).to_contain_text("Signs nothing before 24 November 2026")
    looked_at(page)

    clock.advance(hours=24)
    again = signed_in(Role.PREPARER).client.get_cookie("payouts")
    page.context.add_cookies([{"name": "payouts", "value": again.value, "url": site}])
    page.goto(f"{site}/payrolls/{sealed.payroll_id}")
    page.get_by_role("button", name="Decide").click()
    looked_at(page)
    page.get_by_label("Go", exact=True).check()
    page.get_by_label("Reason").fill("All as agreed\nwith the council")
    page.get_by_role("button", name="Continue").click()
    looked_at(page)
    # somebody who does not know the PIN
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed")
    looked_at(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_text("You said go at Ready")).to_be_visible()
    with office.transaction() as session:
        [decision] = decisions_of(session, sealed.payroll_id)
    assert decision.passkey is not None
    assert decision.is_genuine()
    assert decision.reason == "All as agreed\nwith the council"


def test_without_scripts_the_page_says_what_is_missing_and_leads_back_to_the_code(
    at_browser, site, office, sealed, clock, code_of
):
    give_passkey(office, office.person(Role.PREPARER))
    page = at_browser(Role.PREPARER, java_script_enabled=False)
    page.goto(f"{site}/payrolls/{sealed.payroll_id}")
    page.get_by_role("button", name="Decide").click()
    page.get_by_label("Go", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("A passkey needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Sign with your passkey")).to_be_hidden()
    page.get_by_role("button", name="Change your answers or sign with a code").click()
    expect(page.get_by_label("Go", exact=True)).to_be_checked()
    page.get_by_label("With a one-time code").check()
    clock.advance(minutes=1)
    page.get_by_label("One-time code, if you sign with one").fill(code_of(Role.PREPARER))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("You said go at Ready")).to_be_visible()


def test_nobody_is_shut_out_from_the_gates_and_the_pages_around_them(at_browser, site, office, sealed):
    give_passkey(office, office.person(Role.PREPARER))
    here = f"/payrolls/{sealed.payroll_id}"
    page = at_browser(Role.PREPARER)
    for address in (f"{here}/take-out", f"{here}/difference", "/calendar", "/absences/hand-over"):
        answer = page.goto(site + address)
        assert answer.status == 200, address
        looked_at(page)
    page.goto(site + here)
    page.get_by_role("button", name="Decide").click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        looked_at(page)
