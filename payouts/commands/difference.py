"""`payouts payroll difference`: why a payroll is not what the last one was."""

from __future__ import annotations

from pathlib import Path

import click

from bacs import pence
from payouts.commands import ground
from payouts.difference.comparison import against, causes_of, comparison_of, lines_of_cause, unexplained
from payouts.difference.explanation import Cause
from payouts.difference.export import write_csv
from payouts.payroll import payroll_of_number

SHOWN = 50


@click.command("difference")
@click.argument("number", type=int)
@click.option("--cause", type=click.Choice([cause.value for cause in Cause]), help="The first awards of one cause.")
@click.option("--as", "email", default="", help="Who takes the file, by e-mail address: needed with --to.")
@click.option("--code", help="A one-time code (else PAYOUTS_CODE, else asked for).")
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write every award to a CSV file.")
@ground.body_option
def difference(
    number: int, cause: str | None, email: str, code: str | None, file: Path | None, body_name: str | None
) -> None:
    """The difference to the last payroll, by cause; exits with 1 where a penny is not explained."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    with given.transaction(body_id) as session:
        payroll = payroll_of_number(session, number)
        found = comparison_of(session, payroll.id)
        if found is None or not found.is_done:
            raise click.ClickException("this payroll is not compared with the last one yet")
        last, missed = against(session, found), unexplained(session, found)
        click.echo(f"{f'payroll {last.number}' if last else 'no last payroll'}\t\t{pence.format(found.then_pence)}")
        for one in causes_of(session, payroll.id):
            click.echo(f"{one.cause}\t{one.count:,}\t{pence.format(one.pence)}")
        if found.stray_count:
            click.echo(f"payments of no award\t{found.stray_count:,}\t{pence.format(found.stray_pence)}")
        click.echo(f"payroll {payroll.number}\t\t{pence.format(found.now_pence)}")
        for line, beneficiary in lines_of_cause(session, payroll.id, Cause(cause), limit=SHOWN) if cause else ():
            amounts = "\t".join(pence.format(amount) for amount in (line.then_pence, line.now_pence, line.pence))
            click.echo(f"  {beneficiary.reference}\t{amounts}")
    if file is not None:
        by = ground.acting(given, body_id, email, code)
        with given.transaction(body_id) as session, file.open("wb") as written:
            count = write_csv(session, payroll_of_number(session, number), to=written, by=by, at=given.now())
        click.echo(f"{file}: {count:,} lines")
    if missed.awards:
        raise click.ClickException(f"not explained: {missed.awards:,} awards, {pence.format(missed.pence)}")
