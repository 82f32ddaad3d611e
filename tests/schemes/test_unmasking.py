"""Bank details in full are shown to those who say why, and each look is recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from schemes import unmasking
from schemes.account import get_account
from schemes.errors import NotAllowed, ReasonNotGiven
from schemes.payee import Payee
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def see(office):
    """The payee and the changed details of the register's first payee, seen by a person of a role."""
    with office.transaction() as session:
        payee_id = session.scalars(select(Payee.id).order_by(Payee.id).limit(1)).one()
    account_id = office.change_bank_details(payee_id)

    def seeing(role, reason):
        with office.transaction() as session:
            account = get_account(session, payee_id, account_id)
            by, at = office.person(role), office.service.now()
            details = unmasking.unmask(session, office.service.seals, account, reason=reason, by=by, at=at)
            return details, unmasking.unmaskings_of(session, payee_id)

    return seeing


def test_whole_numbers_are_shown_and_the_look_is_recorded_with_its_reason(see, office):
    details, looks = see(Role.APPROVER, "Answer the bank's question")
    assert details == ("202959", "63748472", "")
    assert (looks[0].person_id, looks[0].reason) == (
        office.person(Role.APPROVER).person_id,
        "Answer the bank's question",
    )


@pytest.mark.parametrize(
    ("role", "reason", "refusal"), [(Role.FINANCE, " ", ReasonNotGiven), (Role.RELEASER, "x", NotAllowed)]
)
def test_nobody_sees_them_without_a_reason_or_the_role(see, role, reason, refusal):
    with pytest.raises(refusal):
        see(role, reason)
