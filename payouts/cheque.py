"""Payments by cheque as the checks read them: to a name, and into no account."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from payouts.payment import Payment, PaymentLine
from schemes.payee import Payee

NO_ACCOUNT = UUID(int=0)


def cheques_of(session: Session, which: ColumnElement[bool]) -> Iterator[PaymentLine]:
    """The payments by cheque that a condition picks, with the payee's name and nothing where an account would be."""
    named = (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id)
    rows = session.execute(
        select(Payment, Payee.name)
        .join(Payee, named)
        .where(which, Payment.account_id.is_(None))
        .order_by(Payment.ordinal)
    )
    for one, name in rows:
        yield PaymentLine(
            one.id,
            one.ordinal,
            one.amount_pence,
            one.reference,
            one.payee_id,
            one.beneficiary_id,
            one.award_id,
            account_id=NO_ACCOUNT,
            holder_name=name,
            fingerprint=b"",
            modulus_outcome="",
            sealed_details=b"",
            key_id=NO_ACCOUNT,
            ring_key_id="",
            wrapped=None,
            proposed_by=NO_ACCOUNT,
            confirmed_by=None,
        )
