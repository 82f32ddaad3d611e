"""A scheme's settings for the checks, proposed on a page and confirmed by somebody else."""

from __future__ import annotations

import pytest

from schemes.check_settings import Check, Weight, settings_at
from schemes.person import Role


@pytest.fixture
def start(seeded):
    return seeded


def test_settings_are_proposed_on_a_page_and_count_once_somebody_else_confirms_them(office, signed_in, harbour):
    finance, approver = signed_in(Role.FINANCE), signed_in(Role.APPROVER)
    page = finance.get(f"/schemes/{harbour.scheme_id}/checks")
    assert "the usual ones" in page.text
    page = finance.get(page.link("Propose other settings"))
    assert finance.press("Propose these settings", total_percent="101", reason="x").errors == [
        "Enter a whole number from 1 to 100"
    ]
    page = finance.press("Propose these settings", total_percent="5", first_payment="block", reason="New auditors")
    assert page.done == ["You proposed other settings for the checks. They count once someone else confirms them"]
    page = approver.get(page.link("See what they would change"))
    assert "Checks of scheme" in page.text
    with office.transaction() as session:
        assert settings_at(session, harbour.scheme_id).number == 0
    approver.press("Save the decision", decision="confirm", code=approver.code())
    with office.transaction() as session:
        settings = settings_at(session, harbour.scheme_id)
    assert (settings.weight(Check.FIRST_PAYMENT), settings.thresholds.total_percent) == (Weight.BLOCK, 5)
