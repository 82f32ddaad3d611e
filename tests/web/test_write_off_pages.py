"""Ending a recovery, writing off, and the list of what was paid too much, in the browser."""

from __future__ import annotations

from datetime import date

import pytest

from schemes.person import Role
from tests.awarding import an_award
from tests.payouts.test_recovery import agreed, released


@pytest.fixture
def start(landed):
    return landed


def test_what_was_paid_too_much_is_found_written_off_and_confirmed_and_a_recovery_is_ended(office, preparer, signed_in):
    award = an_award(office)
    here = f"/awards/{award.id}"
    released(office, date(2026, 11, 25))
    award.change(date(2026, 11, 1), award.pence - 1000)
    agreed(office, award, award.recover(total_pence=400, instalment_pence=100))
    released(office, date(2026, 12, 1))
    page = preparer.get("/overpayments")
    assert page.table("overpaid")[0][2:4] == ["£10.00", "£6.00"]
    preparer.get(page.soup.select_one("a[href$='/write-offs/new']")["href"])
    assert preparer.press("Propose to write it off", amount="six", reason="too small").errors == [
        "Enter an amount in pounds and pence, like 12.50"
    ]
    preparer.press("Propose to write it off", amount="6.00", reason="Costs more to get back")
    finance = signed_in(Role.FINANCE)
    page = finance.get("/changes")
    assert page.table("money")[0][2] == "Costs more to get back"
    finance.get(page.soup.select_one("#main-content a[href*='/write-offs/'], main a[href*='/write-offs/']")["href"])
    assert finance.press("Continue", decision="confirm").done == ["You confirmed it"]
    assert preparer.get("/overpayments").table("overpaid")[0][4] == "Settled"
    assert preparer.get("/recoveries").table("running")[0][2:] == ["£4.00", "£1.00", "£3.00"]
    preparer.get(preparer.get(here).soup.select_one("#recoveries ~ * a[href$='/end'], table a[href$='/end']")["href"])
    page = preparer.press("Propose the end of the recovery", kind="stop", reason="Pays it back by card")
    assert page.table("write-offs")[0][1:] == ["Recovery stopped, still owed", "Waits for a second person", "£3.00"]


def test_a_second_person_sees_what_each_way_of_lifting_a_suspension_pays(office, signed_in):
    award = an_award(office)
    released(office, date(2026, 11, 25))
    award.suspend(date(2026, 11, 1))
    page = signed_in(Role.FINANCE).get(f"/awards/{award.id}")
    page = signed_in(Role.FINANCE).get(page.soup.select_one("a[href$='/lift']")["href"])
    assert [page.soup.find(id=each) is not None for each in ("coming-1", "coming-2")] == [True, True]


def test_all_awards_of_a_payee_are_added_up_month_by_month(office, preparer):
    award = an_award(office)
    page = preparer.get(preparer.get(f"/payees/{award.payee_id}").link("What will be paid in the next 12 months"))
    assert len(page.table("months")) >= 12
