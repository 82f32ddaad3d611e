"""Payments, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import Select, select, tuple_

from payouts.api import named, spec
from payouts.api.door import allowed, must_see_scheme
from payouts.api.fields import Instant, Text, reference
from payouts.api.ground import key, session
from payouts.api.listing import ChangedArgs, happened_to, list_schema, page_of_changes, place_given
from payouts.api.named import PersonSchema, SchemeNameSchema
from payouts.api.payrolls import numbers_of
from payouts.api.public_page import PUBLIC_PAGE, public_page
from payouts.following.process_id import Kind
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import Payroll
from payouts.responses import word
from payouts.returns.returned import case_of
from schemes.account import Account
from schemes.api_key import Scope
from schemes.audit import AuditEvent
from schemes.errors import NotFound
from schemes.payee import Beneficiary, Mandate, payees_of_ids
from schemes.scheme import schemes_of_body

resource = spec.Resource("payments", __name__, description="What was paid, to whom, and what became of it")

LONGEST_REFERENCE = 40
MOST_EVENTS = 200


class PaymentSchema(Schema):
    id = fields.UUID(required=True)
    payroll_id = fields.UUID(required=True)
    payroll_number = fields.Integer(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    component = fields.String(required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    payee = fields.Nested(PersonSchema, required=True)
    account_number_ends = fields.String(required=True, metadata={"description": "Empty for a cheque."})
    amount_pence = fields.Integer(required=True)
    reference = fields.String(required=True, metadata={"description": "As it stands on the payee’s statement."})
    status = fields.Enum(PaymentStatus, by_value=True, required=True)
    period_first_day = fields.Date(required=True)
    period_last_day = fields.Date(required=True)
    follow_url = fields.String(required=True, metadata={"description": PUBLIC_PAGE})


class HappenedSchema(Schema):
    at = Instant(required=True)
    what = fields.String(required=True, metadata={"description": "Such as `payroll.released`."})


class OnePaymentSchema(PaymentSchema):
    timeline = fields.List(
        fields.Nested(HappenedSchema), required=True, metadata={"description": "What happened to it, the oldest first."}
    )


class PaymentArgs(ChangedArgs):
    payroll = Text(least=1, most=36, metadata={"description": "Its number or id."})
    payee = reference(metadata={"description": "The payee’s reference."})
    beneficiary = reference(metadata={"description": "The beneficiary’s reference."})
    reference = Text(
        least=1, most=LONGEST_REFERENCE, metadata={"description": "As it stands on the payee’s statement."}
    )


@resource.route("/payments")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.arguments(PaymentArgs, location="query")
@resource.response(200, list_schema(PaymentSchema, changes=True))
def list_payments(args: dict[str, Any]) -> dict[str, Any]:
    """Payments, payroll by payroll"""
    which = select(Payment)
    if key().schemes:
        which = which.where(Payment.scheme_id.in_(key().schemes))
    if "payroll" in args:
        which = which.where(Payment.payroll_id == named.payroll(args["payroll"]).id)
    if "payee" in args:
        which = which.where(Payment.payee_id == named.payee(args["payee"]).id)
    if "beneficiary" in args:
        whose = named.beneficiary(args["beneficiary"]).id
        # by the index of whoever is or was paid for them
        paid = select(Mandate.payee_id).where(Mandate.beneficiary_id == whose)
        which = which.where(Payment.payee_id.in_(paid), Payment.beneficiary_id == whose)
    if "reference" in args:
        which = which.where(Payment.reference == args["reference"])
    read = rows_of if "updated_since" not in args else moved
    content = page_of_changes(lambda: read(which, args), args, lambda row: [row.payroll_id, row.ordinal])
    return {**content, "data": told(content["data"])}


def rows_of(which: Select[Any], args: dict[str, Any]) -> Sequence[Payment]:
    """One more than the page has, by payroll and place in it."""
    after = place_given(args, UUID, int)
    if after is not None:
        which = which.where(tuple_(Payment.payroll_id, Payment.ordinal) > tuple(after))
    return session().scalars(which.order_by(Payment.payroll_id, Payment.ordinal).limit(args["limit"] + 1)).all()


def moved(which: Select[Any], args: dict[str, Any]) -> Sequence[Payment]:
    """Of the payments those that moved since, with their payroll or alone: an OR of the two would use no index."""
    since = args["updated_since"]
    alone = rows_of(which.where(Payment.id.in_(happened_to(Payment.__tablename__, since))), args)
    together = rows_of(which.where(Payment.payroll_id.in_(moved_since(since))), args)
    found = {row.id: row for row in [*together, *alone]}
    return sorted(found.values(), key=lambda row: (row.payroll_id, row.ordinal))[: args["limit"] + 1]


def moved_since(at: Any) -> list[UUID]:
    """Payrolls to which something happened: their payments move with them."""
    # what the bank is asked about one payment is recorded with its payroll, and moves no other
    events = happened_to(Payroll.__tablename__, at).where(AuditEvent.action.startswith("payroll."))
    return list(session().scalars(events.distinct()))


@resource.route("/payments/<uuid:payment_id>")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.response(200, OnePaymentSchema)
def get_payment(payment_id: UUID) -> dict[str, Any]:
    """One payment, with what happened to it"""
    payment = payment_to_see(payment_id)
    case = case_of(session(), payment.id)
    about = [payment.id, payment.payroll_id, *([case.id] if case else [])]
    events = session().scalars(
        select(AuditEvent).where(AuditEvent.subject_id.in_(about)).order_by(AuditEvent.id).limit(MOST_EVENTS)
    )
    timeline = [{"at": event.at, "what": event.action} for event in events if concerns(event, payment)]
    return {**told([payment])[0], "timeline": timeline}


def payment_to_see(payment_id: UUID) -> Payment:
    """Raises NotFound, for one of a scheme that the key is not for, too."""
    payment = session().scalars(select(Payment).where(Payment.id == payment_id)).one_or_none()
    if payment is None:
        raise NotFound("payment", payment_id)
    must_see_scheme(payment.scheme_id, "payment", payment_id)
    return payment


def concerns(event: AuditEvent, payment: Payment) -> bool:
    """Not who read it, asked about it or took its papers; nor what the bank was asked about another payment."""
    if event.subject_type != Payroll.__tablename__:
        return True
    if event.action.startswith("recall."):
        return event.facts.get("payment") in (None, str(payment.id))
    # nor that the bank spoke of other payments of the payroll
    return event.action.startswith(("payroll.", "gate.")) and not event.action.startswith(word.TOLD)


def told(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """Payments with those whom they concern: a query a kind, however many there are."""
    whose, paid = {payment.beneficiary_id for payment in payments}, {payment.payee_id for payment in payments}
    beneficiaries = {row.id: row for row in session().scalars(select(Beneficiary).where(Beneficiary.id.in_(whose)))}
    payees = payees_of_ids(session(), paid)
    used = {payment.account_id for payment in payments}
    ends = dict(session().execute(select(Account.id, Account.last_four).where(Account.id.in_(used))).all())
    numbers = numbers_of({payment.payroll_id for payment in payments})
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    same = (
        "id",
        "payroll_id",
        "component",
        "amount_pence",
        "reference",
        "status",
        "period_first_day",
        "period_last_day",
    )
    return [
        {
            **{name: getattr(payment, name) for name in same},
            "payroll_number": numbers[payment.payroll_id],
            "scheme": schemes[payment.scheme_id],
            "beneficiary": beneficiaries[payment.beneficiary_id],
            "payee": payees[payment.payee_id],
            "account_number_ends": ends[payment.account_id] if payment.account_id else "",
            "follow_url": public_page(Kind.PAYMENT, payment.id),
        }
        for payment in payments
    ]
