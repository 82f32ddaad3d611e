"""What only a browser shows: scripts at work, and every page as assistive technology and a telephone find it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from payouts.app import create_app
from schemes.person import Role
from tests.axe import violations_on
from tests.web.test_every_page import pages_from

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390, 320)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def app(service):
    """Of this test alone: a browser may still be asking it for something when the next one begins."""
    return create_app(service)


@pytest.fixture
def site(app) -> Iterator[str]:
    """The pages behind a real socket."""
    server = make_server("localhost", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(at_browser, signed_in, app, site):
    """Links are followed without the browser; of pages at one rule that are made of the same elements, one is shown."""
    adapter, looked_at = app.url_map.bind("localhost"), set()
    for role in (Role.PREPARER, Role.FINANCE):
        page = at_browser(role)
        for path, found in pages_from(signed_in(role), "/"):
            if found.response.mimetype != "text/html":
                continue
            made_of = {(tag.name, " ".join(tag.get("class", ()))) for tag in found.soup.main.select("*")}
            kind = adapter.match(urlsplit(path).path, method="GET")[0], frozenset(made_of)
            if kind in looked_at:
                continue
            looked_at.add(kind)
            page.goto(site + path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
            assert violations_on(page) == [], path
    assert len(looked_at) > 60


def test_a_page_follows_the_work_and_loads_itself_anew_when_it_is_done(at_browser, site, office):
    payroll_id = office.create()
    page = at_browser(Role.PREPARER)
    page.goto(f"{site}/payrolls/{payroll_id}")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("Load this page again")).to_be_hidden()
    office.work()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_text("Being built")).to_have_count(0)


def test_without_scripts_a_link_shows_how_far_the_work_has_come(at_browser, site, office):
    payroll_id = office.create()
    page = at_browser(Role.PREPARER, java_script_enabled=False)
    page.goto(f"{site}/payrolls/{payroll_id}")
    office.work()
    page.get_by_role("link", name="Load this page again").click()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(at_browser, site, tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"reference\n" * 200)
    page = at_browser(Role.PREPARER)
    page.route("**/imports/new", lambda route: smaller_limit(route) if route.request.method == "GET" else route.abort())
    page.goto(f"{site}/imports/new")
    page.get_by_label("CSV file").set_input_files(large)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("alert")).to_contain_text("The file is larger than")
    assert violations_on(page) == []


def smaller_limit(route) -> None:
    """The page as it would be with a limit of 1,000 bytes."""
    answer = route.fetch()
    route.fulfill(
        response=answer, body=answer.text().replace('data-upload-limit="', 'data-upload-limit="1000" data-was="')
    )


def test_the_keyboard_reaches_the_page_past_the_navigation(at_browser, site):
    page = at_browser(Role.APPROVER)
    page.goto(f"{site}/payees")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_whoever_lets_time_run_out_is_warned_and_can_stay(at_browser, site):
    page = at_browser(Role.PREPARER)
    page.clock.install()
    page.goto(f"{site}/imports/new")
    dialog = page.get_by_role("dialog")
    page.clock.fast_forward("54:50")
    expect(dialog).to_be_hidden()
    page.clock.fast_forward("00:15")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("we will sign you out in 5 minutes")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert violations_on(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    page.clock.fast_forward("54:50")
    expect(dialog).to_be_hidden()


def test_what_was_typed_outlives_the_session(at_browser, site, signed_in, harbour):
    page = at_browser(Role.PREPARER)
    page.clock.install()
    page.goto(f"{site}/schemes/{harbour.scheme_id}/payrolls/new")
    page.get_by_label("Day").fill("27")
    page.clock.fast_forward("01:01:00")
    expect(page.get_by_role("heading", name="You have been signed out")).to_be_visible()
    # the person signs in again in another tab: another session in the same browser
    cookie = signed_in(Role.PREPARER).client.get_cookie("payouts")
    page.context.add_cookies([{"name": "payouts", "value": cookie.value, "url": site}])
    page.get_by_role("button", name="I have signed in again").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Create the payroll").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("27")


def test_an_administrator_proposes_cover_and_an_account_on_pages_that_anybody_can_use(at_browser, site):
    page = at_browser(Role.ADMINISTRATOR)
    for path in ("/settings", "/settings/body", "/settings/retention", "/bank-profiles/new", "/duties/propose"):
        page.goto(site + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        assert violations_on(page) == [], path
    page.get_by_label("Two people, as cover").check()
    page.get_by_label("Most for one payroll").fill("50,000")
    page.get_by_label("Day").fill("4")
    page.get_by_label("Month").fill("12")
    page.get_by_label("Year").fill("2026")
    page.get_by_label("Why?").fill("Two are ill")
    assert violations_on(page) == []
    page.get_by_role("button", name="Propose the change").click()
    expect(page.get_by_role("heading", name="Cover by two people")).to_be_visible()
    assert violations_on(page) == []
