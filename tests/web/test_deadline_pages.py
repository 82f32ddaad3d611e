"""Deadlines on a payroll's page, and the pages for office days and for days on which nothing is released."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payouts.web.deadline_words import time_left
from schemes.person import Role

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(), ""),
        (timedelta(seconds=20), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=2, minutes=1), "2 hours 1 minute"),
        (timedelta(days=1, minutes=30), "1 day"),
        (timedelta(days=2, hours=3), "2 days 3 hours"),
    ],
)
def test_the_time_left_is_told_in_two_units(left, words):
    assert time_left(NOON + left, NOON) == words


def test_a_payroll_s_page_says_what_is_due_when_and_how_much_time_is_left(signed_in, sealed, clock):
    page = signed_in(Role.PREPARER).get(f"/payrolls/{sealed.payroll_id}")
    rows = {row[0]: row[1:] for row in page.table("deadlines")}
    assert rows["Files go to the bank, at the latest"] == ["Monday 23 November 2026, 9pm", "11 hours 29 minutes left"]
    assert rows["Files go to the bank, as planned"] == ["Friday 20 November 2026, 9pm", "Later than planned"]
    assert rows["Gate: Ready"] == ["Monday 23 November 2026, 5pm", "Waiting"]
    clock.advance(hours=8)
    page = signed_in(Role.PREPARER).get(f"/payrolls/{sealed.payroll_id}")
    assert ["Gate: Ready", "Monday 23 November 2026, 5pm", "Late"] in page.table("deadlines")
    clock.advance(hours=4)
    page = signed_in(Role.PREPARER).get(f"/payrolls/{sealed.payroll_id}")
    assert ["Files go to the bank, at the latest", "Monday 23 November 2026, 9pm", "Too late"] in page.table(
        "deadlines"
    )


def test_office_days_are_proposed_on_a_page_a_day_a_line(signed_in):
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get("/settings/office-days/propose")
    assert administrator.press("Propose", closed="24.12. closed", reason="ours").errors == [
        "Line 1 can’t be read. Write it like 24/12/2026 Christmas closure"
    ]
    page = administrator.press("Propose", country="scotland", closed="24/12/2026 Christmas closure", reason="ours")
    assert "Christmas closure" in page.text
    approver = signed_in(Role.APPROVER)
    approver.get(page.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    text = approver.get("/settings/office-days").text
    assert "Scotland" in text
    assert "Thursday 24 December 2026: Christmas closure" in text


def test_days_without_releases_are_proposed_shown_on_payrolls_and_ended(office, signed_in, sealed):
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get("/settings/freezes/propose")
    days = {"first_day": ["23", "11", "2026"], "last_day": ["22", "11", "2026"]}
    page = administrator.press("Propose it", **days, released="nothing", reason="move")
    assert page.errors == ["The last day must not be before the first"]
    page = administrator.press("Propose it", last_day=["23", "11", "2026"], reason="")
    assert page.errors == ["Say why you propose this"]
    page = administrator.press("Propose it", reason="move")
    finance = signed_in(Role.FINANCE)
    finance.get(page.response.request.path)
    finance.press("Save the decision", decision="confirm", code=finance.code())
    here = f"/payrolls/{sealed.payroll_id}"
    assert "Your body releases nothing from Monday 23" in finance.get(here).text
    office.decide_all(sealed.payroll_id, upto=3)
    releaser = signed_in(Role.RELEASER)
    assert "Your body releases nothing from Monday 23" in releaser.get(releaser.get(here).link("Decide")).text
    finance.get("/settings/freezes")
    finance.get(finance.page.link("Propose an earlier end"))
    assert finance.press("Propose that it ends").errors == ["Say why it ends early"]
    page = finance.press("Propose that it ends", reason="done")
    administrator.get(page.response.request.path)
    administrator.press("Save the decision", decision="confirm", code=administrator.code())
    assert "There are no such days now" in administrator.get("/settings/freezes").text
