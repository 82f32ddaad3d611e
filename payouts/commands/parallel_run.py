"""`payouts parallel-run`: another system's file beside a payroll."""

from __future__ import annotations

from pathlib import Path

import click

from payouts.commands import ground
from payouts.parallel_run.old_file import Column, Columns
from payouts.parallel_run.parallel_run import (
    DayMeant,
    ParallelRun,
    RunOutcome,
    RunStatus,
    begin,
    get_run,
    outcome_of,
    tell_columns,
)
from payouts.payroll import payroll_of_number
from schemes.database import new_id


def column_of(written: str, header: list[str]) -> tuple[Column, int]:
    """`amount=Net Amount`: which column of the file is which of a payment's."""
    name, _, called = written.partition("=")
    plain = "_".join(called.casefold().replace("_", " ").split())
    if name not in set(Column) or plain not in header:
        there = ", ".join(header)
        raise click.ClickException(f"--column {written}: write {'|'.join(Column)}=NAME, with a name of: {there}")
    return Column(name), header.index(plain)


@click.command("parallel-run")
@click.argument("number", type=int)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", "told", multiple=True, help="For a table: amount='Net amount', day=Date, and so on.")
@click.option("--pence", "in_pence", is_flag=True, help="The amounts of a table are in pence.")
@click.option("--month-first", is_flag=True, help="The dates of a table are written 11/25/2026.")
@click.option(
    "--date-is",
    type=click.Choice([meant.value for meant in DayMeant]),
    default=DayMeant.PROCESSING_DAY.value,
    show_default=True,
    help="Which day the dates of a table are.",
)
@ground.person_options
@ground.body_option
def parallel_run(
    number: int,
    path: Path,
    told: tuple[str, ...],
    in_pence: bool,
    month_first: bool,
    date_is: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Hold another system's last file against a payroll: exit 0 where nothing differs, 1 for anything else.

    A Standard 18 or pain.001 file, a CSV file or a workbook. A worker compares it; differences are explained on the
    payroll's pages.
    """
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    run_id = new_id()
    meant = DayMeant(date_is)
    with given.transaction(by.body_id) as session:
        payroll = payroll_of_number(session, number)
        begin(
            session,
            given.seals,
            payroll,
            run_id=run_id,
            file_name=path.name,
            content=path.read_bytes(),
            day_meant=meant,
            by=by,
            at=given.now(),
        )

    def run_now() -> ParallelRun:
        with given.transaction(by.body_id) as session:
            return get_run(session, run_id)

    def state() -> tuple[int, int, bool]:
        return 0, 0, run_now().status is not RunStatus.READING

    with ground.bars() as progress:
        ground.follow(progress, "Comparing", state)
        asking = run_now()
        if asking.status is RunStatus.ASKING:
            places = dict(column_of(one, asking.header) for one in told)
            columns = Columns(places, in_pence=in_pence, month_first=month_first)
            with given.transaction(by.body_id) as session:
                run = get_run(session, run_id, lock=True)
                tell_columns(session, run, columns, day_meant=meant, by=by, at=given.now())
            ground.follow(progress, "Comparing", state)
    with given.transaction(by.body_id) as session:
        report(get_run(session, run_id), outcome_of(session, get_run(session, run_id)))


def report(run: ParallelRun, outcome: RunOutcome) -> None:
    if run.status is RunStatus.UNREADABLE:
        raise click.ClickException(f"{run.file_name} cannot be read: {run.fault}")
    click.echo(
        f"{run.file_name}  {run.expected_count:,} payments, {run.expected_pence:,} pence; "
        f"the payroll {run.given_count:,} payments, {run.given_pence:,} pence; the same {run.same_count:,}"
    )
    for part, (count, pence) in run.differing.items():
        click.echo(f"  {part}: {count:,}, {pence:+,} pence")
    if outcome is not RunOutcome.SAME:
        raise SystemExit(1)
