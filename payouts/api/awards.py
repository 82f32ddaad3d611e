"""Awards: what a beneficiary gets in each period of a scheme, and who is paid for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import jsonify
from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, select

from payouts.api import named, spec
from payouts.api.door import allowed, must_see_scheme
from payouts.api.fields import Instant, Text, Whole, reference
from payouts.api.ground import key, now, session
from payouts.api.listing import ChangedArgs, by_id, list_schema, page_of_changes
from payouts.api.named import PersonSchema, SchemeNameSchema
from payouts.api.public_page import PUBLIC_PAGE, public_page
from payouts.following.process_id import Kind
from schemes.amount import MOST_RATE_PENCE, MOST_UNITS, Inputs
from schemes.api_key import Scope
from schemes.award import Award
from schemes.award import get_award as award_of_id
from schemes.award_history import History, NotDue
from schemes.award_version import histories_of
from schemes.bank_details import london_day
from schemes.payee import Beneficiary, payees_of_ids
from schemes.scheme import schemes_of_body
from schemes.suspension import suspensions_of

resource = spec.Resource("awards", __name__, description="What is due to whom, in each period")


class InputsSchema(Schema):
    """What an award brings to a rule that counts units."""

    units = Whole(
        least=0,
        most=MOST_UNITS,
        required=True,
        metadata={"description": "In thousandths: 38500 for 38.5 hours a period."},
    )
    rate_pence = Whole(
        least=1,
        most=MOST_RATE_PENCE,
        allow_none=True,
        metadata={"description": "Where the award has a rate of its own."},
    )


class TermsSchema(Schema):
    """What one version says, from a day to a day. Without an amount and inputs it ends the award."""

    version = fields.Integer(required=True)
    from_day = fields.Date(required=True)
    last_day = fields.Date(required=True, allow_none=True)
    amount_pence = fields.Integer(required=True, allow_none=True)
    inputs = fields.Nested(InputsSchema, required=True, allow_none=True)


class AwardSchema(Schema):
    id = fields.UUID(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    component = fields.String(required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    payee = fields.Nested(PersonSchema, required=True, metadata={"description": "Who is paid today, or will be."})
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True, allow_none=True, metadata={"description": "Of the version of today."})
    amount_pence = fields.Integer(required=True, allow_none=True, metadata={"description": "A period, today."})
    inputs = fields.Nested(InputsSchema, required=True, allow_none=True)
    not_due = fields.Enum(
        NotDue, by_value=True, required=True, allow_none=True, metadata={"description": "Why nothing is due today."}
    )
    version = fields.Integer(required=True)
    created_at = Instant(required=True)
    follow_url = fields.String(required=True, metadata={"description": PUBLIC_PAGE})


class SuspensionSchema(Schema):
    """That an award is not due from a day on. Lifted by a person, it may be due again for the days before, too."""

    id = fields.UUID(required=True)
    from_day = fields.Date(required=True)
    last_day = fields.Date(required=True, allow_none=True)
    reason = fields.String(required=True)
    review_on = fields.Date(required=True, allow_none=True)
    placed_at = Instant(required=True)
    lifted_at = Instant(required=True, allow_none=True)
    due_from = fields.Date(required=True, allow_none=True)
    pays_arrears = fields.Boolean(required=True, allow_none=True)


class OneAwardSchema(AwardSchema):
    versions = fields.List(fields.Nested(TermsSchema), required=True)
    suspensions = fields.List(fields.Nested(SuspensionSchema), required=True)


class AwardArgs(ChangedArgs):
    scheme = Text(least=1, most=36, metadata={"description": "Its code or id."})
    beneficiary = reference(metadata={"description": "The beneficiary’s reference."})
    payee = reference(metadata={"description": "The reference of the payee whom it was made to."})


@resource.route("/awards")
@allowed(Scope.READ, Scope.AWARDS)
@resource.arguments(AwardArgs, location="query")
@resource.response(200, list_schema(AwardSchema, changes=True))
def list_awards(args: dict[str, Any]) -> dict[str, Any]:
    """Awards, in the order in which they were made"""
    which: list[ColumnElement[bool]] = [Award.scheme_id.in_(key().schemes)] if key().schemes else []
    if "scheme" in args:
        which.append(Award.scheme_id == named.scheme(args["scheme"]).id)
    if "beneficiary" in args:
        # by the index that begins with the scheme: a body has few
        every = [scheme.id for scheme in schemes_of_body(session())]
        whose = named.beneficiary(args["beneficiary"]).id
        which += [Award.scheme_id.in_(every), Award.beneficiary_id == whose]
    if "payee" in args:
        which.append(Award.payee_id == named.payee(args["payee"]).id)
    content = page_of_changes(lambda: by_id(Award, *which, args=args), args, lambda row: [row.id])
    return {**content, "data": told(content["data"])}


@resource.route("/awards/<uuid:award_id>")
@allowed(Scope.READ, Scope.AWARDS)
@resource.response(200, OneAwardSchema)
def get_award(award_id: UUID) -> dict[str, Any]:
    """One award, with everything that was ever said of it"""
    return whole(award_to_see(award_id))


def award_to_see(award_id: UUID) -> Award:
    """Raises NotFound, for one of a scheme that the key is not for, too."""
    award = award_of_id(session(), award_id)
    must_see_scheme(award.scheme_id, "award", award_id)
    return award


def whole(award: Award) -> dict[str, Any]:
    history = histories_of(session(), [award])[award.id]
    versions = [
        {"version": terms.number, "from_day": terms.from_day, "last_day": terms.last_day, **amount_of(terms.inputs)}
        for terms in history.terms
    ]
    return {**told([award])[0], "versions": versions, "suspensions": suspensions_of(session(), award.id)}


def content_of(award: Award) -> bytes:
    """An award as it is given out: what its ETag is made of."""
    return jsonify(OneAwardSchema().dump(whole(award))).get_data()


def told(awards: Sequence[Award]) -> list[dict[str, Any]]:
    """Awards as they stand today, with those whom they concern: a query a kind, however many there are."""
    today, histories = london_day(now()), histories_of(session(), awards)
    paid = {award.id: histories[award.id].payee_on(today) for award in awards}
    payees = payees_of_ids(session(), paid.values())
    whose = {award.beneficiary_id for award in awards}
    beneficiaries = {row.id: row for row in session().scalars(select(Beneficiary).where(Beneficiary.id.in_(whose)))}
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    return [
        {
            "id": award.id,
            "scheme": schemes[award.scheme_id],
            "component": award.component,
            "beneficiary": beneficiaries[award.beneficiary_id],
            "payee": payees[paid[award.id]],
            "first_day": award.first_day,
            "created_at": award.made_at,
            "follow_url": public_page(Kind.AWARD, award.id),
            **standing(histories[award.id]),
        }
        for award in awards
    ]


def standing(history: History) -> dict[str, Any]:
    """What an award says today, or will when it begins."""
    today = london_day(now())
    terms = history.on(today) or history.terms[0]
    _, not_due = history.state_on(today)
    return {
        "last_day": terms.last_day,
        "not_due": not_due,
        "version": history.terms[-1].number,
        **amount_of(terms.inputs),
    }


def amount_of(inputs: Inputs | None) -> dict[str, Any]:
    """Inputs as an amount or as units."""
    if inputs is None:
        return {"amount_pence": None, "inputs": None}
    units = None if inputs.units is None else {"units": inputs.units, "rate_pence": inputs.rate_pence}
    return {"amount_pence": inputs.amount_pence, "inputs": units}
