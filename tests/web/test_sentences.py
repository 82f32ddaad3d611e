"""How refusals and roles are told, word for word."""

from __future__ import annotations

from payouts.web import words
from schemes.errors import NotNow, SamePerson
from schemes.person import Role


def test_a_refusal_is_told_in_plain_english():
    assert words.sentence(NotNow("payroll", "submitted", "cancelled")) == (
        "This payroll is submitted, so it can’t be cancelled now"
    )
    assert "someone else" in words.sentence(SamePerson("anything"))


def test_roles_are_told_in_the_order_of_a_payroll_s_way():
    assert words.role_names({Role.RELEASER, Role.PREPARER}) == "preparer, releaser"
    assert words.a_person_with(["approver", "finance"]) == "an approver or a finance officer"
