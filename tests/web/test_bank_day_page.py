"""The sandbox's bank on the payroll's page."""

from __future__ import annotations

import pytest

from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def test_the_banks_day_passes_from_the_payrolls_page(signed_in, office, sealed) -> None:
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    finance = signed_in(Role.FINANCE)
    finance.get(f"/payrolls/{sealed.payroll_id}")
    assert finance.press("Let the bank’s next day pass", returned="2").done == [
        "The bank’s next day passes. Its answers come in a moment"
    ]
    office.work(leave="notices.send")
    page = finance.get(f"/payrolls/{sealed.payroll_id}")
    assert "It has something more to say on 25 November 2026" in page.text
    assert not signed_in(Role.AUDITOR).get(f"/payrolls/{sealed.payroll_id}").has_button("Let the bank’s next day")
    assert len(finance.get("/bank").table("responses")) == 2
