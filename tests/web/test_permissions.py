"""Who may open what: every route asked by every role, cell by cell, and what two roles are for."""

from __future__ import annotations

import pytest
from werkzeug.routing import IntegerConverter, UnicodeConverter, UUIDConverter

from payouts.web.access import BEFORE_A_BODY, EVERY_ROLE, PUBLIC, audience_of, roles_for
from schemes import before_body
from schemes.database import new_id
from schemes.person import READERS, Role
from schemes.sign_in import token_digest
from tests.web.one_app import app_on

# what somebody who answers enquiries finds: payees and payments, with no file, no finding and no trail
FOR_ENQUIRIES = {
    "home", "show_payees", "show_payee", "show_payrolls", "show_payments", "show_unpaid", "show_schemes", "show_scheme",
    "show_trace", "show_found",
}  # fmt: skip
# what everybody does to their own account or screen, an auditor too
# in a sandbox everybody may play another part; in a live body these answer with a refusal
PRACTISE = {"work_as", "be_oneself_again"}
OWN = {
    "sign_out_everywhere", "change_password", "renew_recovery_codes", "replace_authenticator",
    "add_passkey", "keep_passkey", "remove_passkey",
    # sent and not followed, because an account number must not stand in an address
    "find",
}  # fmt: skip
# and to their own calendar and bookmark, where they may see days and deadlines at all
OWN_CALENDAR = {"renew_calendar_feed", "end_calendar_feed", "say_all_seen"}
# a file with everything about one person, bank details in full: given out to that person, not read
NOT_READ = {"show_access"}
# read by everybody; what is sent there asks for a role by itself
ASK_BY_THEMSELVES = {"decide_change"}
# sent and not followed, because it is recorded who took what: nothing else changes
TAKEN_OUT = {"make_export", "take_export_again", "take_attachment", "take_difference", "take_evidence", "take_unpaid"}

# for each part of an address
SOMETHING = {UUIDConverter: new_id, IntegerConverter: lambda: 1, UnicodeConverter: lambda: "unusually_large"}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def app(service):
    # the walk sends forms without opening their pages first
    return app_on(service, WTF_CSRF_ENABLED=False)


@pytest.fixture
def browsers(app, service, harbour):
    made = {}
    for role, person in harbour.people.items():
        with service.transaction(None) as session:
            before_body.start_session(session, token_digest(f"token of {role}"), person.person_id, service.now())
        made[role] = app.test_client()
        with made[role].session_transaction() as cookie:
            cookie["token"] = f"token of {role}"
    return made


def routes(app):
    """Each endpoint of the pages with its audience, a method and an address, every id a new one."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        who = audience_of(app, rule.endpoint)
        if PUBLIC in who or BEFORE_A_BODY in who:
            continue
        values = {name: SOMETHING[type(converter)]() for name, converter in rule._converters.items()}
        yield rule.endpoint.partition(".")[2], who, rule.methods & {"GET", "POST"}, adapter.build(rule.endpoint, values)


def test_every_route_lets_in_exactly_the_roles_that_its_mark_names(app, browsers):
    wrong, cells = [], 0
    # signing out comes last: whoever has done it is asked no more
    for endpoint, who, methods, address in sorted(routes(app), key=lambda route: "sign_out" in route[0]):
        for role, browser in browsers.items():
            refused = browser.open(address, method=min(methods)).status_code == 403
            cells += 1
            if refused != (role not in roles_for(who)):
                wrong.append((endpoint, role.value, "refused" if refused else "let in"))
    assert wrong == []
    assert cells > 250


def test_an_auditor_reads_everything_and_sends_nothing(app):
    sends = {
        endpoint for endpoint, who, methods, _ in routes(app) if "POST" in methods and Role.AUDITOR in roles_for(who)
    }
    assert sends == OWN | OWN_CALENDAR | ASK_BY_THEMSELVES | TAKEN_OUT | PRACTISE
    # a page that only shows; others of a GET alone are steps of somebody's form
    refused = {
        endpoint
        for endpoint, who, methods, _ in routes(app)
        if endpoint.startswith("show_") and "POST" not in methods and Role.AUDITOR not in roles_for(who)
    }
    assert refused == NOT_READ


def test_enquiries_find_payees_and_payments_and_nothing_else(app):
    found = {endpoint for endpoint, who, _, _ in routes(app) if Role.ENQUIRY in roles_for(who)}
    # whoever answers the phone may say that a payment has not arrived
    found.remove("open_trace")
    assert found == FOR_ENQUIRIES | OWN | PRACTISE | {"show_account", "show_passkeys", "show_practice"}
    assert {endpoint for endpoint, who, _, _ in routes(app) if EVERY_ROLE in who} == found


def test_no_page_offers_a_link_that_its_reader_may_not_follow(signed_in, app):
    """An enquiry officer's way through the service ends at no refusal."""
    visitor = signed_in(Role.ENQUIRY)
    seen, waiting, refused = set(), ["/"], []
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page = visitor.get(address)
        if page.status == 403:
            refused.append(address)
        links = {str(a["href"]).partition("#")[0] for a in page.soup.find_all("a", href=True)}
        waiting.extend(sorted(link for link in links - seen - set(waiting) if link.startswith("/")))
    assert refused == []
    assert len(seen) > 20


def test_whoever_only_makes_enquiries_reads_less_than_everybody_else():
    assert set(Role) - set(READERS) == {Role.ENQUIRY}
