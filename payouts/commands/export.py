"""`payouts export`: journals for the finance system."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from bacs import pence
from payouts.commands import ground
from payouts.exports.export import Form
from payouts.exports.export import export as make_export
from payouts.exports.journal import Scope
from payouts.exports.profile import ProfileName
from payouts.payroll import payroll_of_number


@click.group("export")
def export_group() -> None:
    """What the finance system takes in."""


@export_group.command("journal")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--payroll", "number", type=int, help="Of one payroll, by its number.")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="First accounting date of a period.")
@click.option("--to", "last_day", type=click.DateTime(["%Y-%m-%d"]), help="Last accounting date of a period.")
@click.option("--profile", type=click.Choice([each.value for each in ProfileName]), default="two_columns")
@ground.person_options
@ground.body_option
def journal(
    file: Path,
    number: int | None,
    first_day: datetime | None,
    last_day: datetime | None,
    profile: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Write a journal to FILE, as CSV or, where its name ends in .xlsx, as a workbook. Again, it is the same bytes."""
    if (number is None) is (first_day is None or last_day is None):
        raise click.UsageError("give --payroll, or --from and --to")
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    form = Form.XLSX if file.suffix.lower() == ".xlsx" else Form.CSV
    with given.transaction(body_id) as session:
        if number is not None:
            scope = Scope(payroll_id=payroll_of_number(session, number).id)
        else:
            assert first_day is not None
            assert last_day is not None
            scope = Scope(first_day=first_day.date(), last_day=last_day.date())
        with file.open("wb") as written:
            made = make_export(session, scope, ProfileName(profile), form, to=written, by=by, at=given.now())
    click.echo(f"{file}: {made.line_count:,} lines, {pence.format(made.total_pence)} on each side, {made.sha256}")
