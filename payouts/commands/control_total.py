"""`payouts payroll control-total`: what a payroll should come to, by its source list."""

from __future__ import annotations

import click

from bacs import pence
from payouts.checks.control_totals import enter_control_total
from payouts.commands import ground
from payouts.commands.payroll import ready
from payouts.commands.scheme import POUNDS
from payouts.payroll import get_payroll, payroll_of_number
from schemes.database import new_id


@click.command("control-total")
@click.argument("number", type=int)
@click.option("--payments", type=click.IntRange(0), required=True, help="How many payments the list has.")
@click.option("--total", type=POUNDS, required=True, help="What they come to, in pounds.")
@click.option("--source", required=True, help="Which list says so.")
@ground.person_options
@ground.body_option
def control_total(
    number: int, payments: int, total: int, source: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Enter what a payroll should come to, before or after it is built; the checks compare to the penny."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        at = given.now()
        enter_control_total(
            session,
            found,
            total_id=new_id(),
            payment_count=payments,
            total_pence=total,
            source=source,
            by=by,
            at=at,
        )
        built = found.payment_count, found.total_pence
    if built == (payments, total):
        click.echo("Entered. The payroll agrees with it to the penny.")
    else:
        click.echo(f"Entered. The payroll has {built[0]:,} payments, {pence.format(built[1])}.")
