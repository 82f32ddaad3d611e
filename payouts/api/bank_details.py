"""Bank details: versions, masked. They are written and never read back: of the account its last four digits."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.fields import Instant
from payouts.api.ground import now, session
from schemes.account import Account, State, accounts_of, in_use_on, state_on
from schemes.api_key import Scope
from schemes.bank_details import london_day

resource = spec.Resource("bank_details", __name__, description="Where the money goes; confirmed by people")


class BankDetailsSchema(Schema):
    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    state = fields.Enum(
        State, by_value=True, required=True, metadata={"description": "`waiting`: a person has yet to confirm it."}
    )
    account_holder = fields.String(required=True, attribute="holder_name")
    account_number_ends = fields.String(required=True, attribute="last_four")
    proposed_at = Instant(required=True)
    confirmed_at = Instant(required=True, allow_none=True)
    usable_from = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The day on which the cooling-off ends, if there is one."},
    )
    rejected_because = fields.String(required=True, allow_none=True)


class BankDetailsListSchema(Schema):
    data = fields.List(fields.Nested(BankDetailsSchema), required=True)


@resource.route("/payees/<payee>/bank_details")
@allowed(Scope.READ, Scope.PAYEES)
@resource.response(200, BankDetailsListSchema)
def list_bank_details(payee: str) -> dict[str, Any]:
    """A payee’s bank details, the newest version first"""
    return {"data": told(accounts_of(session(), named.payee(payee).id))}


def told(accounts: Any) -> list[dict[str, Any]]:
    """Versions of one payee with where each is today."""
    today = london_day(now())
    in_use = in_use_on(session(), accounts[0].payee_id, today) if accounts else None
    return [told_of(account, in_use) for account in accounts]


def told_of(account: Account, in_use: Account | None) -> dict[str, Any]:
    names = [one.attribute or name for name, one in BankDetailsSchema._declared_fields.items() if name != "state"]
    return {**{name: getattr(account, name) for name in names}, "state": state_on(account, in_use, london_day(now()))}
