"""`payouts payee`: adding a payee, finding payees and seeing what the register says of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import click

from payouts.commands import ground
from payouts.commands.award import DAY, day
from schemes.account import accounts_of, in_use_on, state_on
from schemes.bank_details import london_day
from schemes.contact import contacts_of, may_be_used
from schemes.contact_value import Channel
from schemes.database import new_id
from schemes.hold import holds_of
from schemes.new_payee import NewPayee, add_payee, suggested_reference
from schemes.payee import Capacity, Format, Language, Payee, PaymentMethod, beneficiaries_of, payee_of_reference
from schemes.payee_search import SearchBy, find_by_account, find_payees
from schemes.preference import Preference, preference_of

MOST = 50
Command = TypeVar("Command", bound=Callable[..., object])


def preference_options(command: Command) -> Command:
    """The options that say how somebody wants to be written to."""
    for option in (
        click.option(
            "--language", type=click.Choice([each.value for each in Language]), default=Language.ENGLISH.value
        ),
        click.option(
            "--format",
            "writing_format",
            type=click.Choice([each.value for each in Format]),
            default=Format.STANDARD.value,
        ),
        click.option(
            "--prefers", "channel", type=click.Choice([each.value for each in Channel]), help="Heard from first."
        ),
    ):
        command = option(command)
    return command


def preference(channel: str | None, writing_format: str, language: str) -> Preference:
    return Preference(Channel(channel) if channel else None, Format(writing_format), Language(language))


def in_lines(address: str) -> str:
    """An address of one line as an address of several: its parts are separated by commas."""
    return "\n".join(part.strip() for part in address.split(","))


@click.group()
def payee() -> None:
    """Payees: whoever receives the money. REFERENCE is the body's own for the payee."""


@payee.command("add")
@click.argument("name")
@click.option("--reference", default="", help="The body's own; else the next free one.")
@click.option("--born", type=DAY, help="Date of birth.")
@click.option(
    "--capacity",
    type=click.Choice([each.value for each in Capacity]),
    default=Capacity.SELF.value,
    show_default=True,
    help="Whose money it is.",
)
@click.option("--for", "beneficiary_reference", default="", help="The beneficiary's reference, if it is not their own.")
@click.option("--for-name", "beneficiary_name", default="", help="The beneficiary's name.")
@click.option("--for-address", "beneficiary_home", default="", help="Where the beneficiary lives, parts by commas.")
@click.option("--evidence", default="", help="What allows them to receive somebody else's money.")
@click.option("--evidence-reference", default="")
@click.option("--from", "first_day", type=DAY, help="The mandate's first day.")
@click.option("--to", "last_day", type=DAY, help="The mandate's last day.")
@click.option("--email", "email_contact", default="", help="Where notices go.")
@click.option("--mobile", default="")
@click.option("--phone", default="")
@click.option("--address", default="", help="Its parts separated by commas, the postcode last.")
@click.option("--contacts-from", default="", help="Where these contacts come from; needed if there are any.")
@click.option(
    "--method",
    type=click.Choice([each.value for each in PaymentMethod]),
    default=PaymentMethod.ACCOUNT.value,
    show_default=True,
    help="How paid.",
)
@preference_options
@ground.person_options
@ground.body_option
def add(
    name: str,
    reference: str,
    born: datetime | None,
    capacity: str,
    beneficiary_reference: str,
    beneficiary_name: str,
    beneficiary_home: str,
    evidence: str,
    evidence_reference: str,
    first_day: datetime | None,
    last_day: datetime | None,
    email_contact: str,
    mobile: str,
    phone: str,
    address: str,
    contacts_from: str,
    method: str,
    channel: str | None,
    writing_format: str,
    language: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Add a payee. Their bank details are proposed on their page, and confirmed by a second person."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    typed = (
        (Channel.EMAIL, email_contact),
        (Channel.TEXT, mobile),
        (Channel.PHONE, phone),
        (Channel.LETTER, in_lines(address)),
    )
    with given.transaction(by.body_id) as session:
        new = NewPayee(
            reference=reference or suggested_reference(session),
            name=name,
            date_of_birth=day(born),
            capacity=Capacity(capacity),
            beneficiary_reference=beneficiary_reference,
            beneficiary_name=beneficiary_name,
            beneficiary_home=in_lines(beneficiary_home),
            first_day=day(first_day),
            last_day=day(last_day),
            evidence=evidence,
            evidence_reference=evidence_reference,
            contacts=tuple((channel, value) for channel, value in typed if value),
            contacts_because=contacts_from,
            payment_method=PaymentMethod(method),
            preference=preference(channel, writing_format, language),
        )
        added = add_payee(session, given.seals, payee_id=new_id(), new=new, by=by, at=given.now())
    click.echo(f"Added {added.reference}.")


@payee.command("show")
@click.argument("reference")
@ground.body_option
def show(reference: str, body_name: str | None) -> None:
    """Everything but the whole account numbers: for whom and until when, contacts, bank details, holds."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = payee_of_reference(session, reference.upper())
        today = london_day(given.now())
        click.echo(line(found))
        combined = ", one credit for all" if found.payments_combined else ""
        click.echo(f"  paid: {found.payment_method}{combined}; in the register since {london_day(found.made_at)}")
        wants = preference_of(found)
        click.echo(f"  written to: {wants.channel or 'no channel named'}, {wants.format}, {wants.language}")
        for beneficiary, mandate in beneficiaries_of(session, found):
            days = f"{mandate.first_day or 'the beginning'} to {mandate.end or 'no end'}"
            force = "in force" if mandate.is_in_force(today) else "not in force"
            click.echo(f"  for {beneficiary.reference}  {beneficiary.name}: {mandate.capacity}, {days}, {force}")
        if found.safe_contact:
            click.echo("  safe contact: reach this person by nothing that is marked as not to be used")
        for contact in contacts_of(session, found.id):
            use = "" if may_be_used(found, contact) else "  (not to be used)"
            value = contact.value.replace("\n", ", ")
            click.echo(f"  {contact.channel}: {value}, held since {london_day(contact.held_since)}{use}")
        in_use = in_use_on(session, found.id, today)
        for account in accounts_of(session, found.id):
            state = state_on(account, in_use, today)
            click.echo(f"  account version {account.version}: {account.holder_name}, ends {account.last_four}, {state}")
        for row in holds_of(session, found.id):
            if row.hold.lifted_at is None:
                whom = f"for {row.beneficiary.reference}" if row.beneficiary else "to the payee"
                click.echo(f"  payments {whom} stopped since {row.hold.since}: {row.hold.kind}, {row.hold.reason}")


@payee.command("find")
@click.argument("search")
@click.option(
    "--by",
    "field",
    type=click.Choice([each.value for each in SearchBy]),
    default=SearchBy.NAME.value,
    show_default=True,
)
@ground.body_option
def find(search: str, field: str, body_name: str | None) -> None:
    """Payees whose name, reference or beneficiary starts with SEARCH, or whose account ends in it."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        tell(find_payees(session, search, SearchBy(field), limit=MOST))


@payee.command("find-account")
@click.option("--roll-number", default="", help="A building society account is found only with its roll number.")
@ground.person_options
@ground.body_option
def find_account(roll_number: str, email: str, code: str | None, body_name: str | None) -> None:
    """Payees who have or had an account. Its numbers are asked for, so that no list of commands keeps them."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    sort_code = click.prompt("Sort code", hide_input=True, err=True)
    account_number = click.prompt("Account number", hide_input=True, err=True)
    with given.transaction(by.body_id) as session:
        found = find_by_account(
            session,
            given.seals,
            sort_code=sort_code,
            account_number=account_number,
            roll_number=roll_number,
            by=by,
            at=given.now(),
            limit=MOST,
        )
        tell(found)


def tell(found: Sequence[Payee]) -> None:
    for each in found:
        click.echo(line(each))
    if not found:
        click.echo("Nobody.")
    if len(found) == MOST:
        click.echo(f"These are the first {MOST}: search for more of the name.")


def line(found: Payee) -> str:
    return f"{found.reference}\t{found.name}"
