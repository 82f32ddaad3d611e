"""From a sandbox's checklist to the first scheme of its live body, in a browser, with nothing that shuts people out."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from payouts.app import create_app
from payouts.going_live import promotion
from payouts.going_live.promoted_account import see_accounts
from payouts.people import confirm
from schemes import role_change
from schemes.person import Actor, Role
from schemes.scheme import schemes_of_body
from tests.axe import violations_on
from tests.going_live import answer, make_ready, with_live_notify

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390, 320)
ACCOUNT = {
    "Sort code": "20-29-59",
    "Account number": "63748472",
    "Name on the account": "HARBOUR FUND",
    "Service user number": "123456",
    "Service user name": "HARBOUR FUND",
}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def office(office):
    return with_live_notify(office)


@pytest.fixture
def app(office):
    return create_app(office.service)


@pytest.fixture
def site(app) -> Iterator[str]:
    server = make_server("localhost", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(browser, site, signed_in):
    """An administrator's. A form that comes back with its errors is logged by the browser, and is no complaint."""
    page = browser.new_context().new_page()
    cookie = signed_in(Role.ADMINISTRATOR).client.get_cookie("payouts")
    page.context.add_cookies([{"name": "payouts", "value": cookie.value, "url": site}])
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    assert [said for said in complaints if "status of 422" not in said] == []


def look(page, heading) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert violations_on(page) == [], heading
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{heading} at {width}"
    page.set_viewport_size({"width": 1280, "height": 800})


def test_an_administrator_takes_the_checklist_to_the_first_scheme_of_a_live_body(page, site, office, owner):
    page.goto(f"{site}/go-live")
    look(page, "The way to live")
    page.get_by_role("link", name="Help is arranged").click()
    page.get_by_role("button", name="Save").click()
    look(page, "Help is arranged")
    second = make_ready(office, owner)
    page.goto(f"{site}/go-live/ask")
    page.get_by_label("Why now?").fill("April is near")
    page.get_by_label("What is the live body called?").fill("Harbour Fund")
    page.get_by_role("button", name="Ask to go live").click()
    look(page, "The way to live")
    page.get_by_role("link", name="See the request").click()
    look(page, "Request to go live: Harbour Fund")
    office.confirm_change(page.url.rpartition("/")[2], by=second)
    live_id = answer(office)
    page.goto(f"{site}/go-live")
    page.get_by_label("Harbour Independent Living Fund").check()
    page.get_by_role("button", name="Continue").click()
    page.goto(f"{site}/go-live")
    look(page, "The way to live")
    page.get_by_role("main").get_by_role("link", name="Change body").click()
    page.get_by_label("Harbour Fund", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="See what would be made").click()
    look(page, "Bring the sandbox’s set-up over")
    page.get_by_role("button", name="Go on to the proposal").click()
    page.get_by_label("Why now?").fill("We rehearsed it twice")
    page.get_by_role("button", name="Propose to carry it over").click()
    look(page, "Propose to carry the set-up over")
    expect(page.get_by_role("alert")).to_contain_text("account")
    for label, typed in ACCOUNT.items():
        page.get_by_label(label).fill(typed)
    page.get_by_role("button", name="Propose to carry it over").click()
    look(page, "Bring the sandbox’s set-up over")
    page.get_by_role("link", name="See the proposal").click()
    look(page, "The sandbox’s set-up")
    page.get_by_role("link", name="See it whole").click()
    look(page, "The sandbox’s set-up")
    by = Actor(second.person_id, live_id, second.name, second.email, second.roles)
    with office.service.transaction(live_id) as session:
        waits = promotion.waiting_promotion(session)
        see_accounts(session, office.service.seals, waits, by=by, at=office.service.now())
        confirm(session, office.service, waits, by=by, at=office.service.now())
        name = schemes_of_body(session)[0].name
    page.get_by_role("link", name="Schemes").first.click()
    expect(page.get_by_role("link", name=name).first).to_be_visible()
    page.goto(f"{site}/promotion")
    look(page, "Bring the sandbox’s set-up over")
    expect(page.get_by_text("Nothing differs but the name")).to_be_visible()
    page.goto(f"{site}/")
    expect(page.get_by_role("main")).not_to_contain_text("Bring the sandbox’s set-up over")
    with office.transaction() as session:
        mine = office.person(Role.ADMINISTRATOR).person_id
        role_change.give(session, mine, {Role.PREPARER.value: []}, at=office.service.now())
    page.goto(f"{site}/promotion")
    expect(page.get_by_text("Somebody who administers the sandbox as well")).to_be_visible()
