"""The pages of SFTP, statements, one-off payments and estates, as assistive technology and a telephone find them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from payouts.app import create_app
from payouts.returns.returned import case_of
from payouts.statement.entry import entries_of
from schemes import bank_connection
from schemes.bank_connection import Channel, ConnectionTerms
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release
from tests.axe import violations_on
from tests.entering import FILE_HEADER, entering, send_file
from tests.payouts.statement.bank import account_of, camt, entry, send
from tests.web.test_connection_pages import HOST_KEY

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390, 320)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def site(service) -> Iterator[str]:
    server = make_server("localhost", 0, create_app(service), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def connection(office, estate_page):
    """A connection that two people agreed on after the payroll had gone out; where its page is."""
    by, at, change_id = office.person(Role.ADMINISTRATOR), office.service.now(), new_id()
    terms = ConnectionTerms(Channel.SFTP, host="sftp.bank.example", username="harbour", host_key=HOST_KEY)
    with office.transaction() as session:
        profile = bank_profiles(session)[0]
        facts = {"change_id": change_id, "line_id": profile.line_id, "reason": "their letter", "by": by, "at": at}
        bank_connection.propose(session, office.service.seals, terms, makes_key=True, **facts)
    office.confirm_change(change_id, by=office.person(Role.FINANCE))
    return f"/bank-profiles/{profile.id}/connection"


@pytest.fixture
def statement_pages(office):
    account = account_of(office)
    first = send(office, camt(account, entry(1250, "CHARGES"), entry(9900, "SOMEBODY", credit=True)))
    again = send(office, camt(account, entry(1250, "Charges of the account"), number=2), name="portal.xml")
    asks = send(office, b"Date,Words,Amount\n25/11/2026,CHARGES,-12.50\n", name="portal.csv")
    with office.transaction() as session:
        unknown = entries_of(session, first.id)[1].id
    pages = [f"/statements/{file.id}" for file in (first, again)]
    return [*pages, f"/statements/{asks.id}/columns", f"/statements/entries/{unknown}", "/statements/unmatched"]


@pytest.fixture
def one_off_pages(office):
    someone = entering(office)
    made = someone.propose()
    sent = send_file(office, FILE_HEADER + "NOBODY,12.00,2026-11-20,2026-11-25,Grant,,\n")
    office.work(leave="notices.send")
    new = f"/schemes/{office.harbour.scheme_id}/one-offs"
    listed = ["/one-offs", f"/one-offs/{made.id}", f"/one-offs/{made.id}/withdraw", f"/one-offs/files/{sent.id}"]
    return [*listed, f"{new}/new", f"{new}/files/new"]


@pytest.fixture
def estate_page(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    bank = at_the_bank(office, sealed.payroll_id)
    receive(office, bank.arucs((bank.items[0], "2")))
    with office.transaction() as session:
        return f"/bank/returns/{case_of(session, payment_of(office, bank.items[0]).id).id}"


def test_nobody_is_shut_out_from_the_pages_of_the_bank(
    at_browser, site, connection, statement_pages, one_off_pages, estate_page
):
    for role, paths in (
        (Role.ADMINISTRATOR, [connection, f"{connection}/change", f"{connection}/download"]),
        (Role.FINANCE, ["/statements", "/statements/new", *statement_pages]),
        (Role.PREPARER, [*one_off_pages, estate_page, f"{estate_page}/claim"]),
    ):
        page = at_browser(role)
        for path in paths:
            answer = page.goto(site + path)
            assert answer.status == 200, path
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
            assert violations_on(page) == [], path
