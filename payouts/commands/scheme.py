"""`payouts scheme`: bank profiles and schemes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import BinaryIO

import click
from sqlalchemy.orm import Session

from bacs import pence
from payouts.commands import ground
from payouts.web.field_words import fault_sentence
from payouts.web.scheme_words import definition_rows
from payouts.web.words import ROLES
from schemes import scheme_change
from schemes.bank_details import london_day
from schemes.bank_profile import SANDBOX_SERVICE_USER_NUMBER, BankProfile, add_bank_profile, bank_profiles
from schemes.body import get_body
from schemes.database import new_id
from schemes.definition import definition_json
from schemes.definition_file import LARGEST_FILE, read_definition
from schemes.errors import FieldsRefused, NotFound
from schemes.period import LISTED, Frequency
from schemes.scheme import add_scheme, gate_rules, scheme_of_code, schemes_of_body
from schemes.scheme_version import coming, in_effect, version_of, versions_of


class Pounds(click.ParamType):
    """Pounds as people write them, to integer pence."""

    name = "pounds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return value if isinstance(value, int) else pence.parse(str(value))


POUNDS = Pounds()


@click.group()
def scheme() -> None:
    """The payment schemes of a body."""


@scheme.command("list")
@ground.body_option
def list_schemes(body_name: str | None) -> None:
    """Code, name, frequency and gates of each scheme."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for found in schemes_of_body(session):
            gates = " → ".join(f"{rule.name} ({rule.role})" for rule in gate_rules(session, found))
            click.echo(f"{found.code}\t{found.name}\t{found.frequency}\t{gates}")


@scheme.command("show")
@click.argument("code")
@ground.body_option
def show(code: str, body_name: str | None) -> None:
    """What a scheme says now, its versions, and the pay days of the coming year."""
    given = ground.service()
    today = london_day(given.now())
    with given.transaction(ground.one_body(given, body_name)) as session:
        versions = versions_of(session, scheme_of_code(session, code).id)
        version = in_effect(versions, today) or versions[-1]
        for what, said in definition_rows(version.definition, ROLES).items():
            click.echo(f"{what}\t{said}")
        for each in versions:
            click.echo(f"Version {each.number}\tfor periods from {each.effective_from}")
        for due in coming(versions, today, today + timedelta(days=365), given.calendar):
            paid = due.pay_date or ("chosen" if due.is_known else "not known yet")
            click.echo(f"{due.period}\tpaid on {paid}\tversion {due.number}")


@scheme.command("export")
@click.argument("code")
@click.option("--version", "number", type=click.IntRange(1), help="The version; else the newest.")
@ground.body_option
def export(code: str, number: int | None, body_name: str | None) -> None:
    """A version of a scheme as JSON, for another body or to be changed and proposed."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = scheme_of_code(session, code)
        kept = version_of(session, found.id, number or found.version).definition
    click.echo(json.dumps(definition_json(kept), indent=2, ensure_ascii=False))


@scheme.command("propose")
@click.argument("file", type=click.File("rb"))
@click.option("--from", "effective_from", type=click.DateTime(["%Y-%m-%d"]), help="Else the first period's first day.")
@click.option("--reason", required=True, help="Why: everyone in the body can read it.")
@click.option("--bank-profile", help="Name of the account to pay from, if not the one in the file.")
@ground.person_options
@ground.body_option
def propose(
    file: BinaryIO,
    effective_from: datetime | None,
    reason: str,
    bank_profile: str | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose the scheme in a JSON FILE, or the next version of the one with its code. Another person confirms it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        try:
            profile_id = profile_of_name(session, bank_profile).line_id if bank_profile else None
            definition = read_definition(file.read(LARGEST_FILE + 1), bank_profile_id=profile_id)
            there = next((each for each in schemes_of_body(session) if each.code == definition.code), None)
            proposed = scheme_change.propose(
                session,
                definition,
                change_id=new_id(),
                scheme_id=there.id if there else new_id(),
                effective_from=effective_from.date() if effective_from else definition.schedule.first_day,
                reason=reason,
                by=by,
                at=given.now(),
            )
        except FieldsRefused as refused:
            faults = "; ".join(f"{fault.field}: {fault_sentence(fault)}" for fault in refused.faults)
            raise click.ClickException(faults) from None
    click.echo(f"Proposed. Somebody else confirms it: payouts change confirm {proposed.id}")


def profile_of_name(session: Session, name: str) -> BankProfile:
    """Raises NotFound."""
    found = next((profile for profile in bank_profiles(session) if profile.name.casefold() == name.casefold()), None)
    if found is None:
        raise NotFound("bank profile", name)
    return found


@scheme.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--pays-for", required=True, help="What the money is for, in a sentence.")
@click.option("--component", default="award", show_default=True, help="The part of an award that it pays.")
@click.option(
    "--frequency",
    type=click.Choice([each.value for each in Frequency if each not in LISTED]),
    default="monthly",
    show_default=True,
)
@click.option("--first-day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day of the first period.")
@click.option("--payment-limit", type=POUNDS, required=True, help="The most that one payment may be, in pounds.")
@click.option("--payroll-limit", type=POUNDS, required=True, help="The most that one payroll may be, in pounds.")
@click.option("--sort-code", prompt=True, help="Of the account that pays.")
@click.option("--account-number", prompt=True, help="Of the account that pays.")
@click.option("--account-name", required=True, help="Of the account that pays; 18 characters reach the wire.")
@click.option("--service-user-number", help="The body's Bacs service user number (SUN). A sandbox body needs none.")
@click.option("--cut-off", type=click.DateTime(["%H:%M"]), required=True, help="The submitter's own, London time.")
@click.option("--item-limit", type=POUNDS, default="20,000,000", show_default=True, help="The bank's, for one payment.")
@click.option("--file-limit", type=POUNDS, default="20,000,000", show_default=True, help="The bank's, for one file.")
@click.option("--items-per-file", type=click.IntRange(1), default=50_000, show_default=True)
@ground.body_option
def add(
    code: str,
    name: str,
    pays_for: str,
    component: str,
    frequency: str,
    first_day: datetime,
    payment_limit: int,
    payroll_limit: int,
    sort_code: str,
    account_number: str,
    account_name: str,
    service_user_number: str | None,
    cut_off: datetime,
    item_limit: int,
    file_limit: int,
    items_per_file: int,
    body_name: str | None,
) -> None:
    """Add a scheme with its bank profile and the four gates that every scheme starts with."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        number = SANDBOX_SERVICE_USER_NUMBER if get_body(session).is_sandbox else service_user_number
        if not number:
            raise click.ClickException("a live body needs --service-user-number")
        profile = add_bank_profile(
            session,
            given.seals,
            name=account_name,
            service_user_number=number,
            service_user_name=account_name,
            account_name=account_name,
            sort_code=sort_code,
            account_number=account_number,
            cut_off=cut_off.time(),
            item_limit_pence=item_limit,
            file_limit_pence=file_limit,
            items_per_file=items_per_file,
            by=None,
            at=given.now(),
        )
        add_scheme(
            session,
            code=code.upper(),
            name=name,
            pays_for=pays_for,
            component=component,
            frequency=Frequency(frequency),
            first_period_day=first_day.date(),
            payment_limit_pence=payment_limit,
            payroll_limit_pence=payroll_limit,
            bank_profile_id=profile.id,
            by=None,
            at=given.now(),
        )
    click.echo(f"Added scheme {code.upper()}.")
