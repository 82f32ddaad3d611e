"""Everybody's own account: sessions, password, recovery codes; and being signed out after an hour."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from payouts.notices.staff import StaffEvent, StaffMessage
from schemes.person import DEMO_PASSWORD, Role
from tests.web.visitor import Visitor, text_of

NEW = "kettle bicycle quarry"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def sign_in_as(app, harbour, clock):
    """One more browser of the enquiry officer, who may do little else: each account page is everybody's."""

    def run(password=DEMO_PASSWORD, code=None, **headers):
        clock.advance(minutes=1)
        browser = Visitor(app.test_client())
        browser.client.environ_base.update(headers)
        browser.get("/sign-in")
        now = pyotp.TOTP(harbour.code_secrets[Role.ENQUIRY]).at(clock())
        browser.press("Sign in", email="edie@harbour.example", password=password, code=code or now)
        return browser

    return run


@pytest.fixture
def code(harbour, clock):
    return lambda: pyotp.TOTP(harbour.code_secrets[Role.ENQUIRY]).at(clock())


def test_the_account_tells_where_somebody_is_signed_in_and_was(sign_in_as, clock):
    first = sign_in_as(HTTP_USER_AGENT=FIREFOX)
    sign_in_as()
    page = first.get("/account")
    listed = page.table("open")
    assert [row[0] for row in listed] == ["A browser", "Firefox on Windows This browser"]
    clock.advance(minutes=59)
    first.get("/")
    clock.advance(minutes=59)
    page = first.get("/account")
    assert [row[0] for row in page.table("open")] == ["Firefox on Windows This browser"]
    assert page.table("over")[0][2] == "After an hour without use"


def test_signing_out_everywhere_ends_every_session(sign_in_as):
    here, there = sign_in_as(), sign_in_as()
    here.get("/account")
    assert here.press("Sign out everywhere").h1 == "You have signed out"
    assert there.get("/account").h1 == "Sign in"


def test_a_changed_password_ends_other_sessions_and_is_told_by_email(sign_in_as, code, clock, service, harbour):
    here, there = sign_in_as(), sign_in_as()
    here.get("/account/password")
    page = here.press("Change the password", password=DEMO_PASSWORD, new_password=NEW, code=code())
    assert page.done == ["You changed your password. Other browsers are signed out"]
    assert there.get("/account").h1 == "Sign in"
    assert here.get("/account").h1 == "Your account"
    with service.transaction(harbour.body_id) as session:
        assert session.scalars(select(StaffMessage.event)).all() == [StaffEvent.PASSWORD_CHANGED]
    assert sign_in_as().page.errors, "the old password opens nothing"
    assert sign_in_as(password=NEW).page.h1 == "Find a payee or a payment"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "not this one"}, "Check your password and code"),
        ({"code": "000000"}, "Check your password and code"),
        ({"new_password": "short"}, "Use at least 12 characters"),
        ({"new_password": "qwertyuiop12"}, "This password is easily guessed"),
        ({"new_password": "edie@harbour.example"}, "This password is easily guessed"),
    ],
)
def test_a_password_stays_unless_everything_is_right(sign_in_as, code, changes, error):
    here = sign_in_as()
    here.get("/account/password")
    filled = {"password": DEMO_PASSWORD, "new_password": NEW, "code": code(), **changes}
    page = here.press("Change the password", **filled)
    assert page.status == 422
    assert any(said.startswith(error) for said in page.errors), page.errors
    assert sign_in_as().page.h1 == "Find a payee or a payment"


def test_wrong_passwords_on_the_account_page_are_slowed_as_at_sign_in(sign_in_as, code):
    here = sign_in_as()
    here.get("/account/recovery-codes")
    for _ in range(4):
        page = here.press("Make new recovery codes", password="a guess", code="000000")
        assert page.errors[0].startswith("Check your password")
    page = here.press("Make new recovery codes", password=DEMO_PASSWORD, code=code())
    assert page.errors[0].startswith("There were 4 wrong tries. Wait")


def test_new_recovery_codes_take_the_place_of_the_old(sign_in_as, code, clock):
    here = sign_in_as()
    made = []
    for _ in range(2):
        clock.advance(minutes=1)
        here.get("/account/recovery-codes")
        page = here.press("Make new recovery codes", password=DEMO_PASSWORD, code=code())
        made.append([text_of(one) for one in page.soup.select(".app-codes code")])
    assert len(made[1]) == 10
    assert not set(made[0]) & set(made[1])
    assert sign_in_as(code=made[0][0]).page.errors
    by_paper = sign_in_as(code=made[1][0])
    page = by_paper.get("/account")
    assert "By a recovery code" in page.table("open")[0][0]
    assert "Recovery codes left 9" in page.text


def test_a_code_pasted_with_spaces_signs_in(sign_in_as, code, clock):
    clock.advance(minutes=1)
    given = code()
    clock.advance(minutes=-1)
    assert sign_in_as(code=f" {given[:3]} {given[3:]} ").page.h1 == "Find a payee or a payment"


def test_after_an_hour_the_sign_in_page_explains_and_leads_back(sign_in_as, clock, code):
    here = sign_in_as()
    clock.advance(minutes=61)
    page = here.get("/payees?search=a")
    assert page.h1 == "Sign in"
    assert "nothing was done for an hour" in page.text
    here.press("Sign in", email="edie@harbour.example", password=DEMO_PASSWORD, code=code())
    assert here.page.response.request.full_path.rstrip("?") == "/payees?search=a"


def test_whoever_never_signed_in_is_told_nothing_of_an_end(visitor):
    assert "signed out" not in visitor.get("/payees").text


def test_staying_signed_in_extends_the_session(sign_in_as, clock):
    here = sign_in_as()
    for _ in range(2):
        clock.advance(minutes=55)
        here.page = None
        here.get("/account")
        clock.advance(minutes=55)
        assert here.send("Stay signed in").status_code == 204
    clock.advance(minutes=59)
    assert here.get("/account").h1 == "Your account"
