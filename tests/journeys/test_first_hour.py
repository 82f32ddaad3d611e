"""Somebody new in a real browser: a sandbox, an account in it, and a colleague to practise with."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations_on

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, running):
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def look(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert violations_on(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_somebody_new_makes_a_sandbox_on_a_telephone_and_works_as_a_colleague(running, page):
    page.goto(f"{running.settings.base_url}/sign-up")
    look(page, "Make a sandbox")
    page.get_by_role("button", name="Send me the link").click()
    look(page, "Make a sandbox")
    page.get_by_label("Your name").fill("Nia Newcomer")
    page.get_by_label("Email address").fill("nia@journey.example")
    page.get_by_label("What is your organisation called?").fill("Newcomer Council")
    page.get_by_role("button", name="Send me the link").click()
    look(page, "Check your email")
    page.get_by_role("link", name="Set up your account").click()
    look(page, "Your account in Newcomer Council")
    secret = page.locator(".govuk-details__text strong").text_content()
    page.get_by_label("Choose a password", exact=True).fill("kettle bicycle quarry")
    page.get_by_label("One-time code").fill(pyotp.TOTP(secret.replace(" ", "")).now())
    page.get_by_role("button", name="Set up the account").click()
    page.get_by_role("button", name="Continue").click()
    look(page, "Your first payroll")
    page.get_by_role("button", name="Set the sandbox up").click()
    page.get_by_role("link", name="Practice colleagues and their codes").click()
    look(page, "Practice colleagues")
    assert re.search(r"\b\d{6}\b", page.get_by_role("row").filter(has_text="Ailsa").inner_text())
    page.get_by_role("button", name="Work as Ailsa").click()
    expect(page.get_by_text("You work as Ailsa Approver, a practice colleague.")).to_be_visible()
    look(page, "Your first payroll")
