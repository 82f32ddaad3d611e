"""Whoever proposed a merge has moved money, and does not approve the first payroll that pays it there."""

from __future__ import annotations

import pytest

from payouts.gates.first_use import keyers
from payouts.payroll import get_payroll
from schemes.person import Role
from tests.schemes.duplicates.test_merge import ids

__all__ = ["ids"]


@pytest.fixture
def start(seeded):
    return seeded


def test_the_proposer_of_a_merge_counts_among_those_who_entered_the_money_it_moved(office, ids):
    proposer = office.person_with(Role.APPROVER)
    change_id = office.propose_merge(office.pair(ids["A-2"], ids["P-1"]), kept_id=ids["P-1"], by=proposer)
    office.confirm_change(change_id)
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        entered = keyers(session, get_payroll(session, payroll_id))
    assert entered == {proposer.person_id, office.person(Role.PREPARER).person_id}
