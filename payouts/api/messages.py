"""What a webhook is sent: the event as the feed has it, and in a full message the thing as its own address gives it.

The thing is as it is when the message is made, not when it happened: somebody who was erased meanwhile is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select

from payouts.api import awards, events, imports, one_off_files, one_off_payments, payees, payments, payrolls, returns
from payouts.api.events import EventSchema
from payouts.api.fields import Instant
from payouts.api.ground import session
from payouts.happened import Happened
from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.returns.returned import ReturnedPayment
from schemes.award import Award
from schemes.imports.register_import import RegisterImport
from schemes.one_off_file import OneOffFile
from schemes.one_off_payment import OneOff
from schemes.payee import Payee
from schemes.scheme import schemes_of_body


class ToldEventSchema(EventSchema):
    subject = fields.Dict(
        allow_none=True,
        metadata={
            "description": "In a full message: the payee, award, one-off payment, its file, payment, return, "
            "payroll or import as its own address gives it when the message is sent. Null where there is no such "
            "address."
        },
    )


class MessageSchema(Schema):
    """What a webhook is sent, by the convention of Standard Webhooks."""

    type = fields.String(required=True, metadata={"description": "Such as `payroll.released`."})
    timestamp = Instant(required=True, metadata={"description": "When it happened."})
    data = fields.Nested(ToldEventSchema, required=True, metadata={"description": "As `GET /events` has it."})


class Told(NamedTuple):
    """How things of a table are told: all of a kind at once."""

    entity: Any
    schema: type[Schema]
    told: Callable[[Sequence[Any]], Iterable[dict[str, Any]]]


def payrolls_told(rows: Sequence[Payroll]) -> list[dict[str, Any]]:
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    return [payrolls.told(row, schemes) for row in rows]


SUBJECTS = {
    told.entity.__tablename__: told
    for told in (
        Told(Payee, payees.PayeeSchema, lambda rows: [payees.columns(row) for row in rows]),
        Told(Award, awards.AwardSchema, awards.told),
        Told(OneOff, one_off_payments.OneOffPaymentSchema, one_off_payments.told),
        Told(OneOffFile, one_off_files.OneOffFileSchema, lambda rows: [one_off_files.told(row) for row in rows]),
        Told(Payment, payments.PaymentSchema, payments.told),
        Told(ReturnedPayment, returns.ReturnSchema, returns.told),
        Told(Payroll, payrolls.PayrollSchema, payrolls_told),
        Told(RegisterImport, imports.ImportSchema, lambda rows: [imports.told(row) for row in rows]),
    )
}


def contents(told: Sequence[Happened], *, full: bool) -> list[dict[str, Any]]:
    """The messages of some events, as JSON values."""
    things = subjects(told) if full else {}
    found = []
    for one in told:
        data: dict[str, Any] = EventSchema().dump(events.told(one))
        if full:
            data["subject"] = things.get(one.event.subject_id) if one.event.subject_id else None
        found.append({"type": data["type"], "timestamp": data["at"], "data": data})
    return found


def subjects(told: Sequence[Happened]) -> dict[UUID, Any]:
    """What some events are about, by id: a query a kind, however many there are."""
    found: dict[UUID, Any] = {}
    for table, how in SUBJECTS.items():
        ids = {one.event.subject_id for one in told if one.event.subject_type == table and one.event.subject_id}
        if not ids:
            continue
        rows = list(session().scalars(select(how.entity).where(how.entity.id.in_(ids))))
        rows = [row for row in rows if getattr(row, "erased_at", None) is None]
        schema = how.schema()
        found |= {row.id: schema.dump(facts) for row, facts in zip(rows, how.told(rows), strict=True)}
    return found
