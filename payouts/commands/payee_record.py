"""`payouts payee contact`, `mandate` and `note`: what a payee's record says, kept up from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy.orm import Session

from payouts.app import Service
from payouts.commands import ground
from payouts.commands.award import DAY, day
from payouts.commands.payee import in_lines, payee, preference, preference_options
from schemes import safe_contact_change
from schemes.contact import add_contact, contacts_of, end_contact
from schemes.contact_value import Channel
from schemes.database import new_id
from schemes.mandate import end_mandate, give_mandate, mandates_of
from schemes.note import WRITERS, notes_of, write_note
from schemes.payee import Capacity, Payee, PaymentMethod, beneficiary_of_reference, payee_of_reference
from schemes.payee_details import correct_beneficiary, correct_payee, set_payment_method, set_payments_combined
from schemes.person import Actor, Role, names
from schemes.preference import set_preference

Command = TypeVar("Command", bound=Callable[..., object])


@payee.group("contact")
def contact() -> None:
    """How a payee can be reached."""


@payee.group("mandate")
def mandate() -> None:
    """For whom a payee is paid, and what allows it."""


@payee.group("note")
def note() -> None:
    """Notes on a payee."""


def on_record(
    reference: str,
    body_name: str | None,
    email: str,
    code: str | None,
    act: Callable[[Session, Service, Payee, Actor], str],
) -> None:
    """Do something to a payee's record in one transaction, and say what."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        said = act(session, given, payee_of_reference(session, reference.upper()), by)
    click.echo(said)


@contact.command("list")
@click.argument("reference")
@ground.body_option
def list_contacts(reference: str, body_name: str | None) -> None:
    """Each contact with its id, those that ended too."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in contacts_of(session, payee_of_reference(session, reference.upper()).id):
            ended = f"ended {one.ended_at:%Y-%m-%d}" if one.ended_at else "in use"
            click.echo(f"{one.id}\t{one.channel}\t{', '.join(one.value.splitlines())}\t{ended}")


@contact.command("add")
@click.argument("reference")
@click.argument("channel", type=click.Choice([each.value for each in Channel]))
@click.argument("value")
@click.option("--from", "because", required=True, help="Where it comes from.")
@ground.person_options
@ground.body_option
def add(
    reference: str, channel: str, value: str, because: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Keep a contact. Of an address the parts are separated by commas, the postcode last."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        typed = in_lines(value) if channel == Channel.LETTER else value
        made = add_contact(
            session,
            contact_id=new_id(),
            payee_id=found.id,
            channel=Channel(channel),
            typed=typed,
            because=because,
            by=by,
            at=given.now(),
        )
        return f"Added {made.id}."

    on_record(reference, body_name, email, code, act)


@contact.command("end")
@click.argument("reference")
@click.argument("contact_id", type=click.UUID)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def end(reference: str, contact_id: UUID, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Stop using a contact. Warnings about new bank details still go to it for 90 days."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        end_contact(session, payee_id=found.id, contact_id=contact_id, because=reason, by=by, at=given.now())
        return "Ended."

    on_record(reference, body_name, email, code, act)


@payee.command("combine")
@click.argument("reference")
@click.option("--each", "apart", is_flag=True, help="A credit for each beneficiary again.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def combine(reference: str, apart: bool, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Pay a payee in one credit a payroll for all their clients. Counts for payrolls built from now on."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        set_payments_combined(session, given.seals, found.id, combined=not apart, reason=reason, by=by, at=given.now())
        return "A credit for each." if apart else "One credit for all."

    on_record(reference, body_name, email, code, act)


@payee.command("prefer")
@click.argument("reference")
@click.option("--reason", default="", help="None: they asked for it.")
@preference_options
@ground.person_options
@ground.body_option
def prefer(
    reference: str,
    reason: str,
    channel: str | None,
    writing_format: str,
    language: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Keep how a payee wants to be written to: all three of it, as it is from now on."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        wanted = preference(channel, writing_format, language)
        set_preference(session, given.seals, found.id, wanted, reason=reason, by=by, at=given.now())
        return "Kept."

    on_record(reference, body_name, email, code, act)


@payee.command("method")
@click.argument("reference")
@click.argument("method", type=click.Choice([each.value for each in PaymentMethod]))
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def method(reference: str, method: str, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Say how a payee is paid: without an account, payrolls list them as not paid."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        wanted = PaymentMethod(method)
        set_payment_method(session, given.seals, found.id, wanted, reason=reason, by=by, at=given.now())
        return f"Paid: {wanted}."

    on_record(reference, body_name, email, code, act)


@payee.command("correct")
@click.argument("reference")
@click.option("--for", "beneficiary_reference", default="", help="A beneficiary of theirs, instead of the payee.")
@click.option("--name", default="", help="None: as it is.")
@click.option("--born", type=DAY, help="Date of birth. None: as it is.")
@click.option("--address", default="", help="Where a beneficiary lives, parts by commas. None: as it is.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def correct(
    reference: str,
    beneficiary_reference: str,
    name: str,
    born: datetime | None,
    address: str,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Put right a payee's name or date of birth, or a beneficiary's with where they live."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        facts: dict[str, Any] = {"reason": reason, "by": by, "at": given.now()}
        if not beneficiary_reference:
            correct_payee(
                session,
                given.seals,
                found.id,
                name=name or found.name,
                date_of_birth=day(born) or found.date_of_birth,
                **facts,
            )
            return "Corrected."
        theirs = beneficiary_of_reference(session, beneficiary_reference.upper())
        correct_beneficiary(
            session,
            given.seals,
            payee_id=found.id,
            beneficiary_id=theirs.id,
            name=name or theirs.name,
            date_of_birth=day(born) or theirs.date_of_birth,
            address=in_lines(address) if address else None,
            **facts,
        )
        return "Corrected."

    on_record(reference, body_name, email, code, act)


@contact.command("safe")
@click.argument("reference")
@click.argument("contact_ids", type=click.UUID, nargs=-1)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def safe(
    reference: str, contact_ids: tuple[UUID, ...], reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose that a payee is reached by these contacts alone; by none named: by all again. Another confirms it."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        proposed = safe_contact_change.propose(
            session,
            found.id,
            change_id=new_id(),
            marked=bool(contact_ids),
            contact_ids=contact_ids,
            reason=reason,
            by=by,
            at=given.now(),
        )
        return f"Proposed. A second person now confirms it: payouts change confirm {proposed.id}"

    on_record(reference, body_name, email, code, act)


@mandate.command("list")
@click.argument("reference")
@ground.body_option
def list_mandates(reference: str, body_name: str | None) -> None:
    """Each mandate with its id, newest first."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in mandates_of(session, payee_of_reference(session, reference.upper()).id):
            days = f"{one.first_day or 'the beginning'} to {one.end or 'no end'}"
            click.echo(f"{one.id}\t{one.capacity}\t{days}\t{one.evidence or ''}")


@mandate.command("give")
@click.argument("reference")
@click.argument("capacity", type=click.Choice([each.value for each in Capacity]))
@click.argument("beneficiary_reference")
@click.option("--evidence", default="", help="What allows it: an appointment, a court order, a contract.")
@click.option("--evidence-reference", default="")
@click.option("--from", "first_day", type=DAY, help="First day; none: since ever.")
@click.option("--to", "last_day", type=DAY, help="Last day; none: no end.")
@ground.person_options
@ground.body_option
def give(
    reference: str,
    capacity: str,
    beneficiary_reference: str,
    evidence: str,
    evidence_reference: str,
    first_day: datetime | None,
    last_day: datetime | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Let a payee be paid for a beneficiary."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        made = give_mandate(
            session,
            mandate_id=new_id(),
            payee_id=found.id,
            beneficiary_id=beneficiary_of_reference(session, beneficiary_reference.upper()).id,
            capacity=Capacity(capacity),
            first_day=day(first_day),
            last_day=day(last_day),
            evidence=evidence,
            evidence_reference=evidence_reference,
            by=by,
            at=given.now(),
        )
        return f"Given: {made.id}."

    on_record(reference, body_name, email, code, act)


@mandate.command("end")
@click.argument("reference")
@click.argument("mandate_id", type=click.UUID)
@click.option("--last-day", type=DAY, required=True)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def end_early(
    reference: str,
    mandate_id: UUID,
    last_day: datetime,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Let a mandate end. Nothing is paid for that beneficiary after its last day."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        end_mandate(
            session,
            payee_id=found.id,
            mandate_id=mandate_id,
            last_day=last_day.date(),
            because=reason,
            by=by,
            at=given.now(),
        )
        return "Ended."

    on_record(reference, body_name, email, code, act)


@note.command("write")
@click.argument("reference")
@click.argument("text")
@ground.person_options
@ground.body_option
def write(reference: str, text: str, email: str, code: str | None, body_name: str | None) -> None:
    """Write a note. It is sealed, and never changed."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        write_note(session, given.seals, note_id=new_id(), payee_id=found.id, text=text, by=by, at=given.now())
        return "Written."

    on_record(reference, body_name, email, code, act)


@note.command("list")
@click.argument("reference")
@ground.person_options
@ground.body_option
def list_notes(reference: str, email: str, code: str | None, body_name: str | None) -> None:
    """The notes on a payee, newest first."""

    def act(session: Session, given: Service, found: Payee, by: Actor) -> str:
        by.must_be(*WRITERS, Role.AUDITOR)
        people = names(session)
        return "\n".join(
            f"{one.written_at:%Y-%m-%d}\t{people.get(one.written_by, 'someone who has left')}\t{one.text}"
            for one in notes_of(session, given.seals, found)
        )

    on_record(reference, body_name, email, code, act)
