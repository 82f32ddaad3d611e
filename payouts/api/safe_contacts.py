"""That a payee is reached by safe contacts alone: proposed here, and true once a second person has confirmed it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import named
from payouts.api.door import must_be_on_the_team_list
from payouts.api.fields import Id, Instant, Text, Truth
from payouts.api.ground import actor, now, session
from payouts.api.payees import resource as payees
from payouts.api.problem import invalid
from schemes import safe_contact_change
from schemes.api_key import Scope
from schemes.database import new_id

LONGEST = 2000
MOST_CONTACTS = 50


class NewSafeContactsSchema(Schema):
    """By which contacts alone somebody is reached. With none of them nobody writes to them at all."""

    safe_contacts_only = Truth(required=True, metadata={"description": "`false`: they may be reached by all again."})
    contacts = fields.List(
        Id(),
        load_default=list,
        validate=lambda given: len(given) <= MOST_CONTACTS,
        metadata={"maxItems": MOST_CONTACTS, "description": "The ids of the safe ones."},
    )
    reason = Text(
        least=1, most=LONGEST, required=True, metadata={"description": "Don’t describe what happened to them."}
    )


class ProposalSchema(Schema):
    """A change that waits for a person, on the pages under Changes."""

    id = fields.UUID(required=True)
    proposed_at = Instant(required=True)
    reason = fields.String(required=True)


@payees.posting("/payees/<payee>/safe_contacts", NewSafeContactsSchema, ProposalSchema, Scope.PAYEES)
def propose_safe_contacts(given: dict[str, Any], payee: str) -> Any:
    """Propose that a payee is reached by certain contacts only, or by all again

    A second person confirms it: a thief of bank details would silence the true contacts first.
    """
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    known = {contact.id for contact in safe_contact_change.live(session(), found.id)}
    for place, contact_id in enumerate(given["contacts"]):
        if contact_id not in known:
            raise invalid(f"contacts/{place}", "The payee has no contact of this id that is in use.")
    return safe_contact_change.propose(
        session(),
        found.id,
        change_id=new_id(),
        marked=given["safe_contacts_only"],
        contact_ids=given["contacts"],
        reason=given["reason"],
        by=actor(),
        at=now(),
    )
