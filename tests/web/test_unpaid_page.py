"""Who is not paid this time and why, on a page and as a file."""

from __future__ import annotations

import csv
import io

import pytest

from payouts.payment import UnpaidReason, unpaid_sums
from schemes.person import Role
from tests.awarding import an_award


@pytest.fixture
def start(landed):
    return landed


def test_those_who_are_not_paid_are_listed_by_reason_with_what_they_would_have_been_paid(office, signed_in):
    held = an_award(office)
    office.stop_payments(held.payee_id)
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        [on_hold] = [one for one in unpaid_sums(session, payroll_id) if one.reason is UnpaidReason.ON_HOLD]
    assert (on_hold.people, on_hold.due_pence) == (1, held.pence)
    person = signed_in(Role.FINANCE)
    page = person.get(f"/payrolls/{payroll_id}/not-paid")
    [row] = [row for row in page.table("reasons") if "on hold" in row[0]]
    pounds = f"£{held.pence // 100:,}.{held.pence % 100:02}"
    assert row[-2:] == ["1", pounds]
    page = person.get(page.link("on hold"))
    assert [row[-1] for row in page.table("unpaid")] == [pounds]
    content = person.send("Download this list as a CSV file").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [(row["reason"], row["would_have_been_paid"]) for row in rows] == [("on_hold", f"{held.pence / 100:.2f}")]
