"""The lines that a manifest's digests are taken of, written the quick way: to the byte what canonical JSON is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from payouts.checks.finding import Finding, result_lines
from payouts.gates.manifest import payment_lines
from payouts.payment import Payment, in_payroll
from schemes.account import Account
from schemes.signer import canonical, canonical_texts

# half of a surrogate pair is no text, and neither way writes it
texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture
def start(sealed):
    return sealed


@given(st.lists(st.one_of(st.none(), texts)))
def test_a_list_of_texts_is_written_as_canonical_json(values):
    assert canonical_texts(values) == canonical(values)


def test_the_lines_of_the_payments_are_those_of_the_objects(office, sealed):
    with office.transaction() as session:
        on_account = (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id)
        rows = session.execute(
            select(Payment, Account)
            .join(Account, on_account)
            .where(in_payroll(sealed.payroll_id))
            .order_by(Payment.ordinal)
        ).all()
        expected = [
            canonical(
                [
                    str(payment.ordinal),
                    str(payment.id),
                    str(payment.beneficiary_id),
                    str(payment.payee_id),
                    str(payment.account_id),
                    str(payment.amount_pence),
                    payment.reference,
                    account.holder_name,
                    account.fingerprint.hex(),
                    account.sealed_details.hex(),
                    str(account.proposed_by),
                    str(account.confirmed_by),
                ]
            )
            + b"\n"
            for payment, account in rows
        ]
        assert list(payment_lines(session, sealed.payroll_id)) == expected
        assert len(expected) > 40


def test_the_lines_of_the_findings_are_those_of_the_objects(office, sealed):
    def text(value):
        return None if value is None else str(value)

    with office.transaction() as session:
        mine = select(Finding).where(Finding.payroll_id == sealed.payroll_id).order_by(Finding.id)
        expected = [
            canonical([text(f.id), f.kind.value, text(f.payment_id), f.facts, text(f.accepted_by), f.reason]) + b"\n"
            for f in session.scalars(mine)
        ]
        assert list(result_lines(session, sealed.payroll_id)) == expected
        assert any(f.facts and f.reason for f in session.scalars(mine))
