"""The calendar page, and a person's own feed."""

from __future__ import annotations

import re

import pytest

from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def test_the_calendar_lists_a_month_day_by_day_and_leads_to_the_payrolls(signed_in, sealed):
    person = signed_in(Role.AUDITOR)
    page = person.get(person.get("/payrolls").link("Calendar of pay days"))
    assert page.h1 == "November 2026"
    assert "Monday 23 November 2026 (today)" in page.text
    assert "Last day to send" in page.text
    assert page.link("payroll 1") == f"/payrolls/{sealed.payroll_id}"
    page = person.get(page.link("Later: December 2026"))
    assert page.h1 == "December 2026"
    assert "Bank holiday No payments move between banks" in page.text
    for asked in ("2020-01", "x", "2029-01"):
        assert person.get(f"/calendar?month={asked}").h1 == "November 2026"
    assert "Later:" not in person.get("/calendar?month=2027-11").text


def test_a_person_s_own_address_is_shown_once_and_can_be_ended(signed_in, visitor, sealed):
    person = signed_in(Role.FINANCE)
    person.get("/account/calendar")
    page = person.press("Make an address")
    address = re.search(r"http\S+(/calendar/\S+\.ics)", page.text)[1]
    assert address not in person.get("/account/calendar").text
    answer = visitor.client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert b"payroll 1" in answer.data
    again = visitor.client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    person.press("Let the address work no more")
    assert visitor.client.get(address).status_code == 404
    assert visitor.client.get("/calendar/guessed.ics").status_code == 404
