"""Changing one's own authenticator app: with the old one's code or a recovery code, and told to every approver."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from payouts.notices.staff import StaffMessage
from schemes import recovery_code
from schemes.person import DEMO_PASSWORD, Person, Role
from schemes.sign_in import confirm_code


def secret_of(page):
    return page.soup.select_one("details strong").text.replace(" ", "")


@pytest.mark.parametrize("by_paper", [False, True], ids=["a code", "a recovery code"])
def test_another_app_shows_the_codes_from_now_on_and_the_approvers_are_told(
    by_paper, signed_in, code_of, service, harbour, clock, office
):
    preparer, person_id = signed_in(Role.PREPARER), harbour.people[Role.PREPARER].person_id
    other_browser = signed_in(Role.PREPARER)
    with service.transaction(None) as session:
        paper = recovery_code.renew(session, person_id, at=clock())[0]
    secret = secret_of(preparer.get("/account/authenticator"))
    typed = {"password": DEMO_PASSWORD, "code": pyotp.TOTP(secret).at(clock())}
    page = preparer.press("Change the authenticator app", **typed, old_code="000000")
    assert page.errors == ["Check your password and code. One of them is wrong, or the code was used already"]
    assert secret_of(page) == secret, "what was photographed stays"
    clock.advance(minutes=2)
    typed["code"] = pyotp.TOTP(secret).at(clock())
    old = paper if by_paper else code_of(Role.PREPARER)
    page = preparer.press("Change the authenticator app", **typed, old_code=old)
    assert page.done == ["You changed your authenticator app. You decide at no gate for 24 hours"]
    assert other_browser.get("/account").h1 == "Sign in"
    clock.advance(minutes=1)
    with service.transaction(None) as session:
        ring = service.seals.ring
        assert not confirm_code(session, ring, person_id, code_of(Role.PREPARER), at=clock())
        assert confirm_code(session, ring, person_id, pyotp.TOTP(secret).at(clock()), at=clock())
    with office.transaction() as session:
        assert len(session.scalars(select(StaffMessage.id)).all()) == 2, "the approver and the person"
        assert session.get_one(Person, person_id).may_decide_from is not None
