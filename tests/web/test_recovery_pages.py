"""Recovering in the browser what was paid too much."""

from __future__ import annotations

import pytest

from schemes.person import Role
from tests.awarding import an_award

TYPED = {
    "total": "25.00",
    "by": "amount",
    "instalment": "10",
    "least_left": "0.01",
    "from_day": ["1", "11", "2026"],
    "reason": "Paid twice in summer",
}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def here(office):
    return f"/awards/{an_award(office).id}"


def test_a_recovery_is_proposed_by_one_and_confirmed_by_another(preparer, here, signed_in):
    preparer.get(preparer.get(here).link("Recover what was paid too much"))
    page = preparer.press("Propose the recovery", **TYPED)
    assert page.done == ["You proposed a recovery. Nothing is taken before someone else confirms it"]
    assert page.table("recoveries")[0][1:] == ["Waits for a second person", "£25.00", "£0.00", "£25.00"]
    address = page.soup.select_one("a[href*='/recoveries/0']")["href"]
    assert "someone else must confirm it" in preparer.get(address).text
    finance = signed_in(Role.FINANCE)
    finance.get(address)
    assert finance.press("Continue", decision="reject").errors == ["Say why you reject this recovery"]
    page = finance.press("Continue", decision="confirm")
    assert page.table("recoveries")[0][1].startswith("Being recovered ")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"total": ""}, "Enter how much is recovered in all"),
        ({"total": "0"}, "Enter an amount above £0.00"),
        ({"by": ""}, "Choose how much of each payment is taken"),
        ({"instalment": "ten"}, "Enter an amount in pounds and pence, like 12.50"),
        ({"by": "share", "instalment": "101"}, "Enter a whole number from 1 to 100"),
        ({"reason": " "}, "Say why you recover this"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_proposed(preparer, here, changes, says):
    preparer.get(f"{here}/recoveries/new")
    page = preparer.press("Propose the recovery", **TYPED | changes)
    assert (page.status, page.errors) == (422, [says])
    assert "Waits for a second person" not in preparer.get(here).text
