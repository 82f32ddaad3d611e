"""Reports by the API: the figures of the pages."""

from __future__ import annotations

from datetime import date

import pytest

from payouts.reports.figures import report
from payouts.reports.period import Days
from tests.answering import release

DAYS = "first_day=2026-11-01&last_day=2026-11-30"


@pytest.fixture
def start(sealed):
    return sealed


def test_the_api_tells_the_figures_of_the_pages(office, sealed, reader):
    release(office, sealed.payroll_id)
    with office.transaction() as session:
        total = report(session, Days(date(2026, 11, 1), date(2026, 11, 30))).total
    told = reader.get(f"/reports/payments?{DAYS}&against=period_before").json
    assert told["these"]["total"]["released"] == {"payments": total.released.payments, "pence": total.released.pence}
    assert told["these"]["total"]["paid_share"] == 0
    assert sum(one["released"]["pence"] for one in told["these"]["steps"]) == total.released.pence
    assert [one["channel"] for one in told["these"]["channels"]] == ["bacs"]
    assert told["held_against"]["first_day"] == "2026-10-01"
    assert told["held_against"]["total"]["paid_share"] is None


def test_days_the_wrong_way_round_are_refused_at_their_field(reader):
    answer = reader.get("/reports/payments?first_day=2026-11-30&last_day=2026-11-01")
    assert answer.status_code == 422
    assert "last_day" in answer.get_data(as_text=True)


def test_a_payment_and_an_award_say_where_their_public_page_is(service, reader):
    for path in ("/payments", "/awards"):
        address = reader.get(f"{path}?limit=1").json["data"][0]["follow_url"]
        assert address.startswith(f"{service.settings.base_url}/follow/")
        told = reader.client.get(f"{address.removeprefix(service.settings.base_url)}/progress.json")
        assert told.status_code == 200
