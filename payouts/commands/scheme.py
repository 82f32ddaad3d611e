"""`payouts scheme`: bank profiles and schemes."""

from __future__ import annotations

from datetime import datetime

import click

from bacs import pence
from payouts.commands import ground
from schemes.bank_profile import SANDBOX_SERVICE_USER_NUMBER, add_bank_profile
from schemes.body import get_body
from schemes.period import LISTED, Frequency
from schemes.scheme import add_scheme, gate_rules, schemes_of_body


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
