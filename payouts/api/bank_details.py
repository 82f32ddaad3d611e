"""Bank details: proposed here, confirmed by people, and never read back but for an account's last four digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select

from payouts.api import named, spec
from payouts.api.door import allowed, must_be_on_the_team_list
from payouts.api.fields import Instant, Text
from payouts.api.ground import actor, now, service, session
from payouts.api.problem import invalid
from payouts.confirmation import asking
from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.confirmation import Confirmation, standing
from payouts.proposing import follow_up
from payouts.web.words import sentence
from schemes.account import Account, CameBy, State, Stopped, accounts_of, get_account, in_use_on, state_on
from schemes.api_key import Scope
from schemes.bank_details import london_day, propose, stop
from schemes.database import new_id
from schemes.payee import Payee
from schemes.typed_details import DetailsRefused

LONGEST_HOLDER = 140

resource = spec.Resource("bank_details", __name__, description="Where the money goes; confirmed by people")


class NameCheckSchema(Schema):
    """What the payee’s bank said of the account holder’s name. A name that it told is shown to people only."""

    outcome = fields.Enum(Outcome, by_value=True, required=True)
    code = fields.Enum(
        Code, by_value=True, required=True, metadata={"description": "As the scheme of the banks has it."}
    )
    asked_at = Instant(required=True)


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
    confirmed_by_match = fields.Boolean(
        required=True,
        attribute="is_match_confirmed",
        metadata={"description": "Whether a match at the bank confirmed it, by the body’s rule, and no person."},
    )
    usable_from = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The day on which the cooling-off ends, if there is one."},
    )
    rejected_because = fields.String(required=True, allow_none=True)
    name_check = fields.Nested(
        NameCheckSchema, required=True, allow_none=True, metadata={"description": "Null: nobody was asked yet."}
    )


class BankDetailsListSchema(Schema):
    data = fields.List(fields.Nested(BankDetailsSchema), required=True)


class NewBankDetailsSchema(Schema):
    """Where the money shall go from now on. It waits for a person, who calls the payee back."""

    account_holder = Text(least=1, most=LONGEST_HOLDER, required=True)
    sort_code = Text(least=6, most=12, required=True, metadata={"example": "20-29-59"})
    account_number = Text(least=6, most=12, required=True, metadata={"example": "63748472"})
    roll_number = Text(most=18, load_default="", metadata={"description": "Where a building society asks for one."})
    came_by = fields.Enum(
        CameBy, by_value=True, load_default=CameBy.FORM, metadata={"description": "How they reached you."}
    )


class StopSchema(Schema):
    stopped_as = fields.Enum(Stopped, by_value=True, required=True)


EXAMPLE = {
    "account_holder": "Morgan Field",
    "sort_code": "20-29-59",
    "account_number": "63748472",
    "came_by": "form",
}


@resource.posting(
    "/payees/<payee>/bank_details", NewBankDetailsSchema, BankDetailsSchema, Scope.PAYEES, example=EXAMPLE
)
def propose_bank_details(given: dict[str, Any], payee: str) -> Any:
    """Propose new bank details of a payee

    A person confirms them, and they cool off, as with every change. What is in use stays until then. A body may decide
    that a match at the bank confirms a payee’s first ones.
    """
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    try:
        return told([propose_details(found, given)])[0]
    except DetailsRefused as refused:
        if refused.field != "holder_name":
            raise
        raise invalid("account_holder", sentence(refused)) from None


def propose_details(payee: Payee, given: dict[str, Any]) -> Account:
    """Propose a payee's next version, with what follows: the name is checked with the bank, the payee is told."""
    proposed = propose(
        session(),
        service().seals,
        account_id=new_id(),
        payee_id=payee.id,
        holder_name=given["account_holder"],
        sort_code=given["sort_code"],
        account_number=given["account_number"],
        roll_number=given["roll_number"],
        came_by=given["came_by"],
        by=actor(),
        at=now(),
    )
    follow_up(service(), session(), proposed, by=actor(), at=now())
    return proposed


@resource.posting(
    "/payees/<payee>/bank_details/<uuid:bank_details_id>/stop", StopSchema, BankDetailsSchema, Scope.PAYEES, status=200
)
def stop_bank_details(given: dict[str, Any], payee: str, bank_details_id: UUID) -> Any:
    """Let nothing be paid into an account any more, at once"""
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    account = get_account(session(), found.id, bank_details_id, lock=True)
    stop(session(), account, given["stopped_as"], by=actor(), at=now())
    return told([account])[0]


@resource.posting(
    "/payees/<payee>/bank_details/<uuid:bank_details_id>/check_name",
    spec.NothingSchema,
    BankDetailsSchema,
    Scope.PAYEES,
    status=202,
)
def check_name(given: dict[str, Any], payee: str, bank_details_id: UUID) -> Any:
    """Have the payee’s bank asked whether the name fits the account

    As it is when details are proposed, where the body has that done. The answer comes in a moment: see `name_check`. It
    is not asked again while its last answer is good.
    """
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    account = get_account(session(), found.id, bank_details_id)
    asking.ask_soon(service(), session(), account, by=actor(), at=now())
    return told([account])[0]


@resource.route("/payees/<payee>/bank_details")
@allowed(Scope.READ, Scope.PAYEES)
@resource.response(200, BankDetailsListSchema)
def list_bank_details(payee: str) -> dict[str, Any]:
    """A payee’s bank details, the newest version first"""
    return {"data": told(accounts_of(session(), named.payee(payee).id))}


def told(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    """Versions of one payee with where each is today, and what the bank says of the name."""
    today = london_day(now())
    in_use = in_use_on(session(), accounts[0].payee_id, today) if accounts else None
    asked = select(Confirmation).where(Confirmation.account_id.in_([account.id for account in accounts]))
    said = {answer.account_id: answer for answer in session().scalars(standing(asked))}
    names = [
        one.attribute or name
        for name, one in BankDetailsSchema._declared_fields.items()
        if name not in ("state", "name_check")
    ]
    return [
        {
            **{name: getattr(account, name) for name in names},
            "state": state_on(account, in_use, today),
            "name_check": said.get(account.id),
        }
        for account in accounts
    ]
