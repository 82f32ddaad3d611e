"""One-off payments: grants, refunds, corrections. A system enters them, a person confirms, a payroll pays.

Beneath the Idempotency-Key stands the permanent key of the payment that each becomes: asked for again after a year
under another header, the same payment is the first one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, select

from payouts import one_offs
from payouts.api import named, spec
from payouts.api.door import allowed, must_be_on_the_team_list, must_see_scheme
from payouts.api.fields import Day, Instant, Pence, Text, Whole, reference
from payouts.api.ground import actor, key, now, session
from payouts.api.listing import ChangedArgs, by_id, happened_to, list_schema, page_of_changes
from payouts.api.named import PersonSchema, SchemeNameSchema
from payouts.api.payments import moved_since
from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes import one_off
from schemes.api_key import Scope
from schemes.called import Called
from schemes.database import by_ids, new_id
from schemes.one_off import Entry
from schemes.one_off_file import OneOffFile
from schemes.one_off_look import MOST_SEQUENCE, Wanted
from schemes.one_off_payment import OneOff, get_one_off
from schemes.payee import Beneficiary, Payee, get_payee, payees_for
from schemes.scheme import Scheme

resource = spec.Resource("one_off_payments", __name__, description="What no award makes due")

LONGEST = 2000


class State(StrEnum):
    """Where a one-off payment is."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    IN_PAYROLL = "in_payroll"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class OneOffPaymentSchema(Schema):
    id = fields.UUID(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    component = fields.String(required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    payee = fields.Nested(PersonSchema, required=True)
    amount_pence = fields.Integer(required=True)
    period_first_day = fields.Date(required=True)
    period_last_day = fields.Date(required=True)
    sequence = fields.Integer(required=True)
    pay_from = fields.Date(required=True)
    reason = fields.String(required=True)
    further_because = fields.String(required=True, allow_none=True)
    file_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Of the file that it came in; null: alone."}
    )
    state = fields.Enum(
        State,
        by_value=True,
        required=True,
        metadata={"description": "`waiting`: for a person; `confirmed`: for a payroll that collects it."},
    )
    payroll_number = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of the payroll that pays it."}
    )
    created_at = Instant(required=True)


class NewOneOffPaymentSchema(Schema):
    scheme = Text(least=1, most=36, required=True, metadata={"description": "Its code or id."})
    beneficiary = Text(least=1, most=36, required=True, metadata={"description": "The reference or id."})
    payee = Text(least=1, most=36, metadata={"description": "The reference or id; not needed where there is only one."})
    component = Text(least=1, most=50, metadata={"description": "The scheme’s first, if it is left out."})
    amount_pence = Pence(required=True)
    about = Day(required=True, metadata={"description": "A day of the period that it is for."})
    pay_from = Day(required=True, metadata={"description": "No payroll before this day pays it."})
    reason = Text(least=1, most=LONGEST, required=True, metadata={"description": "Whoever confirms it reads this."})
    further_because = Text(
        most=LONGEST,
        load_default="",
        metadata={"description": "Why it is paid besides what is paid for the same period already."},
    )
    sequence = Whole(
        least=1,
        most=MOST_SEQUENCE,
        metadata={"description": "Which payment of the same thing it is: with it, a further one is paid once, too."},
    )


class WithdrawalSchema(Schema):
    reason = Text(least=1, most=LONGEST, required=True)


class OneOffPaymentArgs(ChangedArgs):
    scheme = Text(least=1, most=36, metadata={"description": "Its code or id."})
    payee = reference(metadata={"description": "The payee’s reference."})
    beneficiary = reference(metadata={"description": "The beneficiary’s reference."})


EXAMPLE = {
    "scheme": "HIL",
    "beneficiary": "CASE-1001",
    "amount_pence": 25000,
    "about": "2026-11-05",
    "pay_from": "2026-11-25",
    "reason": "a grant for a wheelchair",
}


@resource.posting("/one_off_payments", NewOneOffPaymentSchema, OneOffPaymentSchema, Scope.PAYMENTS, example=EXAMPLE)
def create_one_off_payment(given: dict[str, Any]) -> Any:
    """Enter a one-off payment, for a person to confirm

    The same scheme, beneficiary, period, component and sequence is the same payment, whenever and under whichever
    header it is asked for: with the same amount and payee the first one is given back, and nothing more is paid.
    """
    found = named.at_once({kind: given[kind] for kind in ("scheme", "beneficiary", "payee") if kind in given})
    wanted = Wanted(
        scheme_id=found["scheme"].id,
        beneficiary_id=found["beneficiary"].id,
        amount_pence=given["amount_pence"],
        about=given["about"],
        pay_from=given["pay_from"],
        reason=given["reason"],
        component=given.get("component"),
        payee_id=found["payee"].id if "payee" in found else None,
        further_because=given["further_because"],
        sequence=given.get("sequence"),
    )
    at = now()
    entry = one_off.enter(session(), wanted, one_off_id=new_id(), by=actor(), at=at)
    must_be_on_the_team_list(entry.resolved.payee.reference)
    told_of = as_entered(wanted, entry, found, at) if entry.is_new else told([one_off_to_see(entry.one_off_id)])[0]
    return told_of, 201, {"Location": f"/api/v1/one_off_payments/{entry.one_off_id}"}


def as_entered(wanted: Wanted, entry: Entry, found: Mapping[str, Called], at: datetime) -> dict[str, Any]:
    """One that this call entered, without reading it back."""
    thing, period, payee = entry.resolved.thing, entry.resolved.period, entry.resolved.payee
    return {
        "id": entry.one_off_id,
        "scheme": {"id": wanted.scheme_id, "code": found["scheme"].reference},
        "component": thing.component,
        "beneficiary": found["beneficiary"],
        "payee": {"id": payee.payee_id, "reference": payee.reference, "name": payee.name},
        "amount_pence": wanted.amount_pence,
        "period_first_day": period.first_day,
        "period_last_day": period.last_day,
        "sequence": entry.resolved.sequence,
        "pay_from": wanted.pay_from,
        "reason": wanted.reason.strip(),
        "further_because": wanted.further_because.strip() or None,
        "file_id": None,
        "state": State.WAITING,
        "payroll_number": None,
        "created_at": at,
    }


@resource.route("/one_off_payments")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.arguments(OneOffPaymentArgs, location="query")
@resource.response(200, list_schema(OneOffPaymentSchema, changes=True))
def list_one_off_payments(args: dict[str, Any]) -> dict[str, Any]:
    """One-off payments, in the order in which they were entered"""
    which: list[ColumnElement[bool]] = [OneOff.scheme_id.in_(key().schemes)] if key().schemes else []
    if "scheme" in args:
        which.append(OneOff.scheme_id == named.scheme(args["scheme"]).id)
    if "payee" in args:
        which.append(OneOff.payee_id == named.payee(args["payee"]).id)
    if "beneficiary" in args:
        # by the index of whoever is or was paid for them
        whose = named.beneficiary(args["beneficiary"])
        paid = [payee.id for payee in payees_for(session(), whose.id)]
        which += [OneOff.payee_id.in_(paid), OneOff.beneficiary_id == whose.id]
    content = page_of_changes(
        lambda: by_id(OneOff, *which, args=args, with_others=moved_together), args, lambda row: [row.id]
    )
    return {**content, "data": told(content["data"])}


def moved_together(since: datetime) -> list[ColumnElement[bool]]:
    """What is decided of a file, or happens to a payroll, is recorded of the file or payroll alone."""
    files = happened_to(OneOffFile.__tablename__, since)
    paid = select(Payment.one_off_id).where(Payment.payroll_id.in_(moved_since(since)), Payment.one_off_id.is_not(None))
    return [OneOff.file_id.in_(files), OneOff.id.in_(paid)]


@resource.route("/one_off_payments/<uuid:one_off_payment_id>")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.response(200, OneOffPaymentSchema)
def get_one_off_payment(one_off_payment_id: UUID) -> dict[str, Any]:
    """One one-off payment, and where it is"""
    return told([one_off_to_see(one_off_payment_id)])[0]


@resource.posting(
    "/one_off_payments/<uuid:one_off_payment_id>/withdraw",
    WithdrawalSchema,
    OneOffPaymentSchema,
    Scope.PAYMENTS,
    status=200,
)
def withdraw_one_off_payment(given: dict[str, Any], one_off_payment_id: UUID) -> Any:
    """Withdraw a one-off payment that no payroll pays yet"""
    found = one_off_to_see(one_off_payment_id, lock=True)
    must_be_on_the_team_list(get_payee(session(), found.payee_id).reference)
    if found.is_waiting and found.proposed_by == actor().person_id:
        one_off.reject(session(), found, reason=given["reason"], by=actor(), at=now())
    else:
        one_offs.withdraw(session(), found, reason=given["reason"], by=actor(), at=now())
    return told([found])[0]


def one_off_to_see(one_off_id: UUID, *, lock: bool = False) -> OneOff:
    """Raises NotFound, for one of a scheme that the key is not for, too."""
    found = get_one_off(session(), one_off_id, lock=lock)
    must_see_scheme(found.scheme_id, "one-off payment", one_off_id)
    return found


def told(rows: Sequence[OneOff]) -> list[dict[str, Any]]:
    """One-off payments with those whom they concern: a query a kind, however many there are."""
    beneficiaries = by_ids(session(), Beneficiary, [row.beneficiary_id for row in rows])
    payees = by_ids(session(), Payee, [row.payee_id for row in rows])
    schemes = by_ids(session(), Scheme, [row.scheme_id for row in rows])
    payrolls = one_offs.payrolls_of(session(), [row.id for row in rows])
    same = ("id", "component", "amount_pence", "period_first_day", "period_last_day", "sequence", "pay_from", "reason")
    return [
        {
            **{name: getattr(row, name) for name in same},
            "scheme": schemes[row.scheme_id],
            "beneficiary": beneficiaries[row.beneficiary_id],
            "payee": payees[row.payee_id],
            "further_because": row.further_because,
            "file_id": row.file_id,
            "state": state_of(row, payrolls.get(row.id)),
            "payroll_number": payrolls[row.id].number if row.id in payrolls else None,
            "created_at": row.proposed_at,
        }
        for row in rows
    ]


def state_of(row: OneOff, payroll: Payroll | None) -> State:
    if payroll is not None:
        return State.IN_PAYROLL
    if row.ended_at is not None:
        return State.WITHDRAWN if row.confirmed_at else State.REJECTED
    return State.CONFIRMED if row.confirmed_at else State.WAITING
