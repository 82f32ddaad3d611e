"""The pages of awards, payees, duplicates and people in a real browser: each is looked at with axe."""

from __future__ import annotations

from datetime import date

import pytest

from schemes.amount import Inputs
from schemes.award import add_award
from schemes.database import new_id
from schemes.new_payee import NewPayee, add_payee
from schemes.payee import Capacity, beneficiaries_of
from schemes.person import Role

pytestmark = pytest.mark.browser


@pytest.fixture
def award(site):
    """One payee with an award: their ids."""
    service, harbour = site.service, site.harbour
    by, at = harbour.people[Role.PREPARER], service.now()
    new = NewPayee("AXE-1", "Ann Example", date(1956, 11, 25), Capacity.SELF)
    with service.transaction(harbour.body_id) as session:
        payee = add_payee(session, service.seals, payee_id=new_id(), new=new, by=by, at=at)
        [(beneficiary, _)] = beneficiaries_of(session, payee)
        made = add_award(
            session,
            award_id=new_id(),
            scheme_id=harbour.scheme_id,
            beneficiary_id=beneficiary.id,
            payee_id=payee.id,
            inputs=Inputs(10000),
            first_day=date(2026, 4, 1),
            last_day=None,
            by=by,
            at=at,
        )
        return payee.id, made.id


def test_nobody_is_shut_out_from_the_pages_of_the_register(desk, award, site):
    payee_id, award_id = award
    payee, of_award = f"/payees/{payee_id}", f"/awards/{award_id}"
    preparer = desk(Role.PREPARER)
    for address in (
        payee, f"{payee}/ahead", f"{payee}/awards/new", f"{payee}/mandates", f"{payee}/history",
        f"{payee}/contacts/new",
        f"{payee}/bank-details/new", of_award, f"{of_award}/end", f"{of_award}/suspend", f"{of_award}/recoveries/new",
        f"{of_award}/write-offs/new", "/overpayments", "/recoveries", "/duplicates", "/account/authenticator",
    ):  # fmt: skip
        answer = preparer.page.goto(f"{site.url}{address}")
        assert answer.status == 200, address
        preparer.look()
    administrator = desk(Role.ADMINISTRATOR)
    person = f"/people/{site.harbour.people[Role.RELEASER].person_id}"
    for address in ("/people", f"{person}/roles", f"{person}/remove", f"{person}/reset"):
        answer = administrator.page.goto(f"{site.url}{address}")
        assert answer.status == 200, address
        administrator.look()
