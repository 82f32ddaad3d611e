"""A provider's remittance advice, on its page and as a file."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import func, select

from payouts.cancelling import cancel
from payouts.payment import Payment
from payouts.payment_item import item_for
from payouts.payroll import get_payroll
from schemes.audit import AuditEvent
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def provider(office, sealed):
    """Who is paid most often in the payroll: id, payments and pence."""
    with office.transaction() as session:
        return session.execute(
            select(Payment.payee_id, func.count(), func.sum(Payment.amount_pence))
            .where(Payment.payroll_id == sealed.payroll_id)
            .group_by(Payment.payee_id)
            .order_by(func.count().desc())
            .limit(1)
        ).one()


def test_an_advice_tells_every_client_to_the_penny_and_who_took_it_is_recorded(office, signed_in, sealed, provider):
    payee_id, count, total_pence = provider
    assert count > 1
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get(f"/payees/{payee_id}").link("Remittance advice"))
    assert len(page.table("advice")) == count
    assert f"£{total_pence / 100:,.2f}" in page.text
    answer = finance.send("Download the advice")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert sum(int(row["amount_pounds"].replace(".", "")) for row in rows) == total_pence
    assert [row["client_reference"] for row in rows] == [row[0] for row in page.table("advice")]
    with office.transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "remittance.taken")).one()
    assert event.facts == {"payments": count, "payroll_id": str(sealed.payroll_id)}


def test_an_auditor_reads_an_advice_and_takes_none(signed_in, sealed, provider):
    auditor = signed_in(Role.AUDITOR)
    page = auditor.get(f"/payrolls/{sealed.payroll_id}/remittances/{provider.payee_id}")
    assert page.table("advice")
    assert not page.has_button("Download the advice")


def test_a_provider_gets_one_credit_from_the_next_payroll_on_once_somebody_says_so(office, signed_in, sealed, provider):
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(preparer.get(f"/payees/{provider.payee_id}").link("Change whether several payments go as one"))
    assert page.h1 == "Payments for several people"
    page = preparer.press("Save", combined="together", reason="")
    assert page.errors == ["Say why you change it"]
    page = preparer.press("Save", combined="together", reason="they asked by letter")
    assert "One payment for all of them together" in page.text
    with office.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id, lock=True)
        cancel(session, payroll, by=office.person(Role.PREPARER), reason="again", at=office.service.now())
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        [item] = item_for(session, payroll_id, provider.payee_id)
    advice = preparer.get(f"/payrolls/{payroll_id}/remittances/{provider.payee_id}")
    assert f"Reference on the statement {item.reference}" in " ".join(advice.text.split())
    listed = preparer.get(f"/payrolls/{payroll_id}/payments")
    assert listed.text.count("in one credit of") == provider.count
