"""Payments that came back: why, what is done about each, and what was paid in its place. People decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, select

from payouts.api import named, payments, spec
from payouts.api.door import allowed, must_see_scheme
from payouts.api.fields import Instant, Text, reference
from payouts.api.ground import key, now, session
from payouts.api.listing import ChangedArgs, by_id, happened_to, list_schema, page_of_changes
from payouts.api.payments import PaymentSchema
from payouts.payment import Payment, PaymentStatus
from payouts.responses import suspense
from payouts.returns.case import Next, next_of, row_of
from payouts.returns.outcome import Outcome, outcomes_of
from payouts.returns.reason import Reason
from payouts.returns.reissue import payrolls_paying
from payouts.returns.returned import OPEN, CaseStatus, ReturnedPayment, get_case
from schemes.api_key import Scope
from schemes.bank_details import london_day
from schemes.claim import Document, standing_of
from schemes.payee import get_payee

resource = spec.Resource("returns", __name__, description="Payments that came back, and what is done about each")

MOST_COUNTED = 1000


class ReturnSchema(Schema):
    id = fields.UUID(required=True)
    payment = fields.Nested(PaymentSchema, required=True)
    amount_pence = fields.Integer(required=True)
    came_back = fields.Enum(
        PaymentStatus,
        by_value=True,
        required=True,
        metadata={"description": "`rejected`: Bacs did not take it; `recalled`: taken back; `returned`: by the bank."},
    )
    reason = fields.Enum(Reason, by_value=True, required=True, metadata={"description": "The gravest that was told."})
    status = fields.Enum(
        CaseStatus,
        by_value=True,
        required=True,
        metadata={"description": "`held`: somebody has to do something; `kept`: it stays for now."},
    )
    opened_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    reissued_as = fields.UUID(
        required=True,
        allow_none=True,
        attribute="successor_id",
        metadata={"description": "The payment that was made in its place."},
    )


class OutcomeSchema(Schema):
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    reason = fields.String(required=True)
    proposed_at = Instant(required=True)
    confirmed_at = Instant(required=True, allow_none=True)
    rejected_at = Instant(required=True, allow_none=True)


class PaidInsteadSchema(Schema):
    """Who is paid what came back where somebody has died, as two people saw."""

    payee = fields.String(required=True, metadata={"description": "The payee’s reference."})
    document = fields.Enum(
        Document,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={"description": "What shows it, of an estate; null where the beneficiary lives."},
    )
    document_day = fields.Date(required=True, allow_none=True)
    confirmed_at = Instant(required=True)


class OneReturnSchema(ReturnSchema):
    next = fields.Enum(
        Next, by_value=True, required=True, metadata={"description": "What has to be done next, by a person."}
    )
    paying_payroll_number = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of the payroll that pays it again, or is about to."}
    )
    paid_instead = fields.Nested(
        PaidInsteadSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Who receives it where whoever was paid, or whose money it is, has died."},
    )
    outcomes = fields.List(
        fields.Nested(OutcomeSchema), required=True, metadata={"description": "What people proposed instead."}
    )


class ReturnArgs(ChangedArgs):
    scheme = Text(least=1, most=36, metadata={"description": "Its code or id."})
    payroll = Text(least=1, most=36, metadata={"description": "The number or id of the payroll that paid it."})
    payee = reference(metadata={"description": "The payee’s reference."})
    status = fields.Enum(CaseStatus, by_value=True)


class SuspenseSchema(Schema):
    """Lines of the bank's that are about no payment that is known."""

    waiting_count = fields.Integer(
        required=True, metadata={"description": f"Counted up to {MOST_COUNTED:,}. People settle them on the pages."}
    )


@resource.route("/returns")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.arguments(ReturnArgs, location="query")
@resource.response(200, list_schema(ReturnSchema, changes=True))
def list_returns(args: dict[str, Any]) -> dict[str, Any]:
    """Payments that came back, in the order in which they did"""
    which: list[ColumnElement[bool]] = [ReturnedPayment.scheme_id.in_(key().schemes)] if key().schemes else []
    if "scheme" in args:
        which.append(ReturnedPayment.scheme_id == named.scheme(args["scheme"]).id)
    if "payroll" in args:
        which.append(ReturnedPayment.payroll_id == named.payroll(args["payroll"]).id)
    if "payee" in args:
        which.append(ReturnedPayment.payee_id == named.payee(args["payee"]).id)
    if "status" in args:
        which.append(ReturnedPayment.status == args["status"])
    content = page_of_changes(
        lambda: by_id(ReturnedPayment, *which, args=args, with_others=with_payment), args, lambda row: [row.id]
    )
    return {**content, "data": told(content["data"])}


def with_payment(since: datetime) -> list[ColumnElement[bool]]:
    """What the bank says besides of one that came back is recorded of the payment."""
    return [ReturnedPayment.payment_id.in_(happened_to(Payment.__tablename__, since))]


@resource.route("/returns/<uuid:returned_payment_id>")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.response(200, OneReturnSchema)
def get_return(returned_payment_id: UUID) -> dict[str, Any]:
    """One payment that came back, with what has to be done next"""
    found = get_case(session(), returned_payment_id)
    must_see_scheme(found.scheme_id, "returned payment", returned_payment_id)
    paying = payrolls_paying(session(), found) if found.status in OPEN else None
    return {
        **told([found])[0],
        "next": next_of(session(), row_of(session(), found), at=now()),
        "paying_payroll_number": paying.number if paying else None,
        "paid_instead": paid_instead(found),
        "outcomes": outcomes_of(session(), found.id),
    }


def paid_instead(case: ReturnedPayment) -> dict[str, Any] | None:
    payment = session().get_one(Payment, (case.body_id, case.payment_id))
    day = london_day(now()) if case.status in OPEN else None
    claim = standing_of(session(), payment.payee_id, payment.beneficiary_id, day=day)
    if claim is None:
        return None
    facts = {name: getattr(claim, name) for name in ("document", "document_day", "confirmed_at")}
    return {"payee": get_payee(session(), claim.to_payee_id).reference, **facts}


@resource.route("/suspense")
@allowed(Scope.READ)
@resource.response(200, SuspenseSchema)
def get_suspense() -> dict[str, Any]:
    """How many lines of the bank’s wait for somebody to say what they are about"""
    return {"waiting_count": suspense.open_count(session(), most=MOST_COUNTED)}


def told(rows: Sequence[ReturnedPayment]) -> list[dict[str, Any]]:
    """Returns with their payments: a query a kind, however many there are."""
    paid = list(session().scalars(select(Payment).where(Payment.id.in_([row.payment_id for row in rows]))))
    by_id = {facts["id"]: facts for facts in payments.told(paid)}
    names = [one.attribute or name for name, one in ReturnSchema._declared_fields.items() if name != "payment"]
    return [{**{name: getattr(row, name) for name in names}, "payment": by_id[row.payment_id]} for row in rows]
