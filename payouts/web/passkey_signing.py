"""Signing a decision with a passkey: the page that says once more what is signed, and what follows on a copied key."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from wtforms import Field

from payouts.gates.decision import GateState
from payouts.payroll import Payroll
from payouts.people import tell_of_passkey
from payouts.web.form import Form
from payouts.web.pages import actor, now, service, transaction
from schemes import audit, passkey
from schemes.person import Person

PASSKEY, CODE = "passkey", "code"
CARRIED = ("manifest_digest", "attachment_id", "verdict", "for_person", "evidence", "reason", "sign_with")
"""The fields of the gate's page that the page of signing carries on."""


def sign_page(
    form: Form, payroll: Payroll, state: GateState, options: str, *, away: str, attached: str
) -> ResponseReturnValue:
    """What is signed, in words, and what the browser needs. away, attached: a name each, where there is one."""
    said: dict[str, Field] = {name: form[name] for name in CARRIED}
    return render_template(
        "gates/sign_decision.html",
        form=form,
        payroll=payroll,
        state=state,
        options=options,
        away=away,
        attached=attached,
        carried=[(name, field.data or "") for name, field in said.items()],
    )


def stop_copied(passkey_id: UUID) -> None:
    """Nobody signs any more with a passkey of which there are two, and its owner and the approvers are told."""
    with transaction() as session:
        person = session.get_one(Person, actor().person_id)
        if passkey.remove(session, person.id, passkey_id, at=now()):
            audit.record(session, "person.passkey_copied", by=actor(), about=person, at=now(), passkey=str(passkey_id))
            happened = "A passkey was used of which there seem to be two, so it was removed"
            tell_of_passkey(session, service(), person.id, happened, at=now())
