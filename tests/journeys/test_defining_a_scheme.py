"""A new scheme by two people in a real browser: page by page, its rule tried out, then confirmed by the second."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from schemes.person import Role

pytestmark = pytest.mark.browser


def say_what_it_is(preparer) -> None:
    page = preparer.page
    page.get_by_role("link", name="Name, code and purpose").click()
    preparer.look("What the scheme is")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    preparer.look()
    page.get_by_label("Name of the scheme").fill("Support by the hour")
    page.get_by_label("Code").fill("HSW")
    page.get_by_label("What does it pay for?").fill("Hours of support at home")
    page.get_by_role("button", name="Save and go on").click()
    preparer.look("Support by the hour")


def try_the_rule_out(preparer) -> None:
    page = preparer.page
    page.get_by_role("link", name="Support: worked examples").click()
    page.get_by_label("Number of hours on the award").fill("38.5")
    page.get_by_label("Rate on the award").fill("14.20")
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_role("heading", name="The rule pays £500.00")).to_be_visible()
    expect(page.get_by_text("38.5 hours × £14.20 = £546.70")).to_be_visible()
    preparer.look("Worked examples")
    page.get_by_label("What should it pay").fill("500")
    page.get_by_role("button", name="Keep as an example").click()
    expect(page.get_by_role("table", name="Kept examples").get_by_role("row")).to_have_count(3)
    preparer.look()


def test_a_scheme_is_defined_by_one_person_and_confirmed_by_another(desk):
    preparer = desk(Role.PREPARER)
    page = preparer.page
    page.get_by_role("link", name="Schemes", exact=True).click()
    preparer.look("Schemes")
    page.get_by_role("button", name="Define a scheme").click()
    preparer.look("Define a scheme")
    page.get_by_label("Weekly support by the hour").check()
    page.get_by_role("button", name="Go on").click()
    preparer.look("A scheme without a name yet")
    draft = page.url
    say_what_it_is(preparer)
    for part in ("periods", "pay-day", "amount-0", "codes-0", "gate-2"):
        page.goto(f"{draft}/{part}")
        preparer.look()
    page.goto(draft)
    try_the_rule_out(preparer)
    page.goto(draft)
    page.get_by_role("button", name="Check your answers").click()
    preparer.look("Check your answers")
    page.get_by_label("Why?").fill("Cabinet decided in October")
    page.get_by_role("button", name="Propose it to a second person").click()
    preparer.look("Scheme HSW: a new scheme")
    finance = desk(Role.FINANCE)
    finance.page.goto(page.url)
    finance.look("Scheme HSW: a new scheme")
    finance.page.get_by_label("Confirm the change").check()
    finance.page.get_by_label("One-time code").fill(finance.code_for_a_decision(Role.FINANCE))
    finance.page.get_by_role("button", name="Save the decision").click()
    finance.page.get_by_role("link", name="Schemes", exact=True).click()
    finance.page.get_by_role("link", name="Support by the hour").click()
    finance.look("Support by the hour")
    expect(finance.page.get_by_role("table", name="Next pay days").get_by_role("row")).to_have_count(7)
