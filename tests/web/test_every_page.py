"""Every page that a person can reach by following links, and the pages that answer when something is wrong."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from schemes.person import Role
from tests.web.visitor import Page, text_of


@pytest.fixture
def start(sealed):
    return sealed


def pages_from(person, *starts: str):
    """Every page reached by links."""
    return walk(person.client.application, starts, person.get, links_on)


def links_on(page: Page) -> list[str]:
    html = page.response.mimetype == "text/html"
    return [a["href"] for a in page.soup.find_all("a", href=True)] if html else []


def walk(app, starts, open_page, links_on, *, most: int = 80):
    """All that links lead to, each shape of address once or twice: a list of payees leads to alike pages."""
    waiting, seen, shapes = list(starts), set(), Counter()
    adapter = app.url_map.bind("localhost")
    while waiting and len(seen) < most:
        path = waiting.pop(0).partition("#")[0]
        endpoint = adapter.match(urlsplit(path).path, method="GET")[0]
        if path in seen or shapes[endpoint] == 2:
            continue
        seen.add(path)
        shapes[endpoint] += 1
        page = open_page(path)
        waiting += [address for address in links_on(page) if address.startswith(("/", "?"))]
        yield path, page


@pytest.mark.parametrize("role", list(Role))
def test_every_page_that_links_lead_to_is_well_formed_and_open_to_whoever_sees_the_link(signed_in, role):
    person = signed_in(role)
    titles: dict[str, str] = {}
    for path, page in pages_from(person, "/"):
        assert page.status == 200, path
        if page.response.mimetype == "text/html":
            assert faults_of(page) == [], path
            if path.startswith("/follow/"):
                continue  # tells whoever has the link nothing by which two payments of a day differ
            same = titles.setdefault(page.title, page.response.request.path)
            assert same == page.response.request.path, f"{path} and {same} have one title: {page.title}"
    assert len(titles) > (6 if role is Role.ENQUIRY else 10)


def faults_of(page: Page) -> list[str]:
    """What a person with a screen reader, or a strict browser, would stumble over."""
    soup, faults = page.soup, []
    if len(soup.find_all("h1")) != 1 or not page.h1:
        faults.append("not one h1")
    language = page.response.request.args.get("language", "en")
    if soup.html is None or soup.html.get("lang") != language or len(soup.find_all("main")) != 1:
        faults.append("no language, or not one main")
    ids = Counter(tag["id"] for tag in soup.find_all(id=True))
    faults += [f"id {name} {count} times" for name, count in ids.items() if count > 1]
    for control in soup.select("input:not([type=hidden]):not([type=radio]), textarea, select"):
        if not soup.find("label", attrs={"for": control.get("id")}):
            faults.append(f"no label for {control.get('name')}")
    for tag in soup.select("*"):
        named = " ".join(filter(None, (tag.get("aria-describedby"), tag.get("aria-labelledby"))))
        faults += [f"{name} describes, and is not there" for name in named.split() if name not in ids]
        if tag.get("style") or any(attribute.startswith("on") for attribute in tag.attrs):
            faults.append(f"style or script inside <{tag.name}>")
        if tag.name in ("a", "button") and not (text_of(tag) or tag.get("aria-label")):
            faults.append(f"<{tag.name}> without words")
    faults += [
        "a form without a token"
        for form in soup.select("form[method=post]")
        if not form.find("input", attrs={"name": "csrf_token"})
    ]
    return faults


def test_an_address_that_is_none_of_ours_is_a_page_not_found(signed_in, visitor):
    for person in (visitor, signed_in(Role.APPROVER)):
        page = person.get("/nowhere")
        assert (page.status, page.h1) == (404, "Page not found")
        assert faults_of(page) == []


def test_a_form_s_address_opened_by_hand_says_to_use_the_page(signed_in):
    assert signed_in(Role.APPROVER).get("/sign-out").status == 405


def test_a_fault_of_ours_is_a_page_without_its_insides(app, signed_in, monkeypatch):
    person = signed_in(Role.APPROVER)
    app.testing = False

    def fail(*args, **kwargs):
        raise RuntimeError("the insides")

    monkeypatch.setattr("payouts.web.payee_search.payees_by_reference", fail)
    page = person.get("/payees")
    assert (page.status, page.h1) == (500, "Sorry, there is a problem with the service")
    assert "insides" not in page.response.get_data(as_text=True)


def test_a_database_that_is_away_is_said_to_be_away(app, signed_in, monkeypatch):
    person = signed_in(Role.APPROVER)

    def away(*args, **kwargs):
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("payouts.web.access.memberships", away)
    page = person.get("/payees")
    assert (page.status, page.h1) == (503, "Sorry, the service is unavailable")
    assert page.response.headers["Retry-After"] == "60"


def test_a_search_that_finds_nobody_says_so(signed_in):
    person = signed_in(Role.APPROVER)
    assert "No payee’s reference or name starts with “zzz”" in person.get("/payees?search=zzz").text


def test_what_a_person_typed_is_never_run(signed_in):
    page = signed_in(Role.APPROVER).get("/payees?search=<script>alert(1)</script>")
    assert "<script>alert(1)" not in page.response.get_data(as_text=True)
    assert page.soup.find(id="search")["value"] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "address",
    [
        "/payees?after=%00x",
        "/audit?before=x",
        "/payrolls?before=x",
        "/payrolls?before=99999999999999",
        "/audit?about=1",
    ],
)
def test_an_address_that_somebody_played_with_is_harmless(signed_in, address):
    assert signed_in(Role.APPROVER).get(address).status in (200, 400)


def test_the_audit_trail_is_read_page_by_page(signed_in, monkeypatch):
    monkeypatch.setattr("payouts.web.audit.PAGE", 5)
    person = signed_in(Role.FINANCE)
    page = person.get("/audit")
    rows = page.table("events")
    while "Next page" in page.text:
        page = person.get(page.link("Next page"))
        rows += page.table("events")
    told = " ".join(row[2] for row in rows)
    assert "Sent a file of payees" in told
    assert "Opened the gates" in told
    assert "{" not in told
