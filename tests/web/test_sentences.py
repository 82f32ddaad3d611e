"""How refusals and roles are told, word for word."""

from __future__ import annotations

import pytest

from payouts.web import words
from payouts.web.audit_words import act, fact, fact_name, left_over
from schemes.audit import AuditEvent
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


@pytest.mark.parametrize(
    ("action", "facts", "says"),
    [
        (
            "sandbox.bank_day",
            {"day": "2026-11-25", "files": 1},
            "The sandbox’s bank let 25 November 2026 pass (1 file)",
        ),
        ("ledger.exported", {"lines": 1_001}, "Exported a journal (1,001 lines)"),
    ],
)
def test_an_act_of_the_trail_is_told_as_people_write_days_and_numbers(action, facts, says):
    assert act(AuditEvent(action=action, facts=facts)) == says


def test_amounts_beside_an_act_are_pounds_and_what_there_was_not_is_left_out():
    event = AuditEvent(action="payroll.gates_passed", facts={"amount_pence": 123_450, "payrolls": [1], "cover": None})
    assert [(fact_name(name), fact(name, value)) for name, value in left_over(event)] == [("amount", "£1,234.50")]
