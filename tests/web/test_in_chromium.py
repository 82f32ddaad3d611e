"""What only a browser shows: scripts at work, and every page as assistive technology and a telephone find it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from schemes.person import Role
from tests.web.test_every_page import pages_from

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390, 320)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def site(app) -> Iterator[str]:
    """The pages behind a real socket."""
    server = make_server("localhost", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def at_browser(browser, site, signed_in):
    """A person in Chromium, signed in; whatever the browser complains about fails the test."""
    complaints: list[str] = []

    def sit_down(role: Role, **context) -> Page:
        cookie = signed_in(role).client.get_cookie("payouts")
        page = browser.new_context(**context).new_page()
        page.context.add_cookies([{"name": "payouts", "value": cookie.value, "url": site}])
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield sit_down
    assert complaints == []


@pytest.mark.parametrize("role", [Role.PREPARER, Role.FINANCE])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(at_browser, signed_in, site, role):
    page = at_browser(role)
    for path, answer in list(pages_from(signed_in(role), "/")):
        if answer.response.mimetype != "text/html":
            continue
        page.goto(site + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        violations = Axe().run(page).response["violations"]
        assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in violations] == [], path


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
    assert Axe().run(page).response["violations"] == []


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
