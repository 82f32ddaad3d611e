"""Every route at every stage of a payroll, and every form sent empty, in a real browser, with axe at each width.

The suite looks at a part; `make crawl` at all of it, which takes about ten minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from payouts.web.access import BEFORE_A_BODY, PUBLIC, audience_of, roles_for
from schemes.person import Role
from tests.axe import violations_on
from tests.everything import every_address
from tests.web.test_in_chromium import app, site  # noqa: F401  a site of this test's own

pytestmark = pytest.mark.browser
EVERY = int(os.environ.get("PAYOUTS_CRAWL_EVERY", "16"))
WIDTHS = (1280, 320)
FIELDS = "input:not([type=hidden]), textarea, select"
LOST = "links => links.map(a => a.hash.slice(1)).filter(id => !document.getElementById(id))"
# the fields as the summary names them, and as they stand on the page
ORDER = """links => {
    const told = [...new Set(links.map(a => document.getElementById(a.hash.slice(1))).filter(Boolean))];
    const stand = [...told].sort((a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);
    return [told, stand].map(fields => fields.map(field => field.id));
}"""


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def pages(browser, site, signed_in):  # noqa: F811
    """A page of each role's own, and of somebody who has not signed in; and what the browser complained about."""
    made: dict[Role | None, Page] = {}
    complaints: list[str] = []

    def page_of(role: Role | None) -> Page:
        if role not in made:
            made[role] = browser.new_context().new_page()
            if role is not None:
                token = signed_in(role).client.get_cookie("payouts")
                made[role].context.add_cookies([{"name": "payouts", "value": token.value, "url": site}])
            made[role].on("pageerror", lambda error: complaints.append(str(error)))
            # that a page answers with 404 or 409 is no fault of the page
            made[role].on(
                "console",
                lambda message: (
                    complaints.append(message.text)
                    if message.type == "error" and "the server responded with a status of 4" not in message.text
                    else None
                ),
            )
        return made[role]

    yield page_of
    assert complaints == []


def readers_of(app, address: str) -> list[Role | None]:  # noqa: F811
    """Whose page it is."""
    endpoint = app.url_map.bind("localhost").match(address, method="GET")[0]
    audience = audience_of(app, endpoint) if endpoint.startswith("pages.") else {PUBLIC}
    if audience & {PUBLIC}:
        return [None]
    return list(Role) if audience & {BEFORE_A_BODY} else [role for role in Role if role in roles_for(audience)]


def shows(page: Page, address: str) -> bool:
    """Whether it is a page: some addresses lead to files and figures."""
    try:
        answer = page.goto(address)
    except PlaywrightError as error:
        if "Download is starting" not in error.message:
            raise
        return False
    assert answer is not None
    assert answer.status < 500, address
    return answer.headers.get("content-type", "").startswith("text/html")


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page that is open."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("() => new Promise(r => setTimeout(() => r(document.documentElement.scrollWidth), 20))")
        found += [f"{page.url} is {wide} wide at {width}"] if wide > width else []
        found += [f"{page.url} at {width}: {violation}" for violation in violations_on(page)]
    lost = page.locator(".govuk-error-summary a").evaluate_all(LOST)
    told, stand = page.locator(".govuk-error-summary a").evaluate_all(ORDER)
    found += [f"{page.url}: the summary has {told}, the page {stand}"] if told != stand else []
    return found + [f"{page.url}: the summary leads to {each}, which is not there" for each in lost]


def test_axe_finds_nothing_on_any_route_at_any_stage_nor_on_a_form_sent_empty(
    office,
    sealed,
    app,  # noqa: F811
    site,  # noqa: F811
    pages: Callable[[Role | None], Page],
):
    # around a picture Chromium makes a page of its own, with styles that our policy forbids
    addresses = [one for one in every_address(app, office, sealed) if not one.endswith(".png")]
    of_the_payroll = [address for address in addresses if str(sealed.payroll_id) in address]
    stages = (
        (addresses, lambda: None),
        (of_the_payroll, lambda: office.decide_all(sealed.payroll_id)),
        (of_the_payroll, lambda: office.download(sealed.payroll_id)),
        (of_the_payroll, lambda: (office.record_submission(sealed.payroll_id), office.work(leave="notices.send"))),
    )
    faults, looked_at = [], 0
    for number, (asked, go_on) in enumerate(stages):
        go_on()
        for address in asked[number::EVERY]:
            readers = readers_of(app, address)
            page = pages(readers[looked_at % len(readers)])
            if shows(page, site + address):
                faults += faults_of(page)
                looked_at += 1
    for address in addresses[::EVERY]:
        faults += faults_of_empty_forms(app, site + address, pages(readers_of(app, address)[0]))
    assert faults == []
    assert looked_at >= len(addresses) // EVERY


def faults_of_empty_forms(app, address: str, page: Page) -> list[str]:  # noqa: F811
    """What is wrong with the page that answers each form of this one, sent as it stands with its words taken out."""
    found: list[str] = []
    number = 0
    while shows(page, address):
        forms = page.locator("main form[method=post]").filter(has=page.locator(FIELDS))
        if number >= forms.count():
            break
        form = forms.nth(number)
        number += 1
        for field in form.locator("input[type=text], textarea").all():
            if field.is_visible():
                field.fill("")
        form.locator("button").first.click()
        page.wait_for_load_state()
        found += faults_of(page)
    return found
