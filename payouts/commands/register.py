"""`payouts register`: bringing payees and awards in from a file."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import click

from bacs import pence
from payouts import registering
from payouts.app import Service
from payouts.commands import ground
from schemes.database import new_id
from schemes.imports import register_import
from schemes.imports.entry import COLUMNS
from schemes.imports.legacy_file import CreditTerms, TermsRefused
from schemes.imports.mapping import JOINED, ColumnMapping, MappingRefused
from schemes.imports.refused import refused_rows
from schemes.imports.register_file import names_of
from schemes.imports.register_import import ImportStatus, RegisterImport
from schemes.person import Actor
from schemes.scheme import scheme_of_code

RUNNING = (ImportStatus.READING, ImportStatus.LANDING)


@click.group()
def register() -> None:
    """The register: import payees and awards."""


@register.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scheme", "scheme_code", required=True, help="The scheme's code.")
@click.option("--keep/--ask", default=False, help="Keep the good rows without asking.")
@click.option("--whole", is_flag=True, help="Keep all rows or none.")
@click.option(
    "--mapping",
    multiple=True,
    metavar="OURS=THEIRS",
    help="What the file calls a column of ours; once for each.",
)
@click.option("--source", default="", help="A name for where the file comes from: its next file is read the same way.")
@click.option("--prefix", default="", help="Number the payees of a file of payments; else its own references count.")
@click.option("--first-day", type=click.DateTime(["%Y-%m-%d"]), help="Of every award, if no column tells it.")
@click.option("--month-first", is_flag=True, help="Dates are written as 11/25/2026.")
@click.option("--pence", "in_pence", is_flag=True, help="Amounts are in pence.")
@ground.person_options
@ground.body_option
def import_file(
    file: Path,
    scheme_code: str,
    email: str,
    code: str | None,
    body_name: str | None,
    mapping: tuple[str, ...],
    source: str,
    prefix: str,
    first_day: datetime | None,
    *,
    keep: bool,
    whole: bool,
    month_first: bool,
    in_pence: bool,
) -> None:
    """Read a file of payees and awards, show what is wrong, and keep the good rows if you say so.

    The bank details can be paid to only once a second person has confirmed them: `payouts register confirm`.
    """
    given = ground.service()
    limit = given.settings.upload_limit
    if file.stat().st_size > limit:
        raise click.ClickException(f"{file.name} is larger than {limit // 1024 // 1024} MB: split it")
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    import_id = new_id()
    with given.transaction(body_id) as session:
        registering.begin_import(
            session,
            given,
            import_id=import_id,
            scheme_id=scheme_of_code(session, scheme_code).id,
            file_name=file.name,
            content=file.read_bytes(),
            by=by,
            at=given.now(),
        )
    brought = wait_for(given, by, import_id, "Reading rows")
    if brought.status is ImportStatus.ASKING and "credits" in (brought.asked or {}):
        brought = take_payments(given, by, brought, first_day.date() if first_day else None, prefix)
    elif brought.status is ImportStatus.ASKING:
        day = first_day.date() if first_day else None
        told = mapping_of(brought, mapping, first_day=day, month_first=month_first, in_pence=in_pence)
        brought = tell(given, by, import_id, told, source)
    if brought.status is ImportStatus.UNREADABLE:
        raise click.ClickException(f"{file.name} cannot be read: {brought.fault}")
    show(given, by, brought)
    if not brought.rows_good:
        click.echo("There is nothing to keep.")
        sys.exit(1)
    if whole and brought.rows_refused:
        discard(given, by, import_id)
        raise click.ClickException(f"not whole: {brought.rows_refused:,} rows are refused. Nothing was kept")
    if not keep and not click.confirm(f"Keep the {brought.rows_good:,} good rows?"):
        discard(given, by, import_id)
        click.echo("Discarded: nothing was kept.")
        return
    with given.transaction(body_id) as session:
        asked = register_import.get_import(session, import_id, lock=True)
        registering.keep_rows(session, asked, whole=whole, by=by, at=given.now())
    brought = wait_for(given, by, import_id, "Writing rows")
    if brought.status is ImportStatus.READ:
        show(given, by, brought)
        discard(given, by, import_id)
        raise click.ClickException("not whole: rows came into the register by another file meanwhile. Nothing was kept")
    click.echo(f"Kept. A second person now confirms the bank details: payouts register confirm {import_id}")


def mapping_of(
    brought: RegisterImport, told: tuple[str, ...], *, first_day: date | None, month_first: bool, in_pence: bool
) -> ColumnMapping:
    """What was told of the columns, and for the others our guess. Fails for a column that the file has not."""
    assert brought.asked is not None
    header, columns = list(brought.asked["header"]), list(brought.asked["proposed"])
    for pair in told:
        ours, _, theirs = pair.partition("=")
        (name,) = names_of([theirs]) or ("",)
        if ours not in ("", *COLUMNS) or name not in header:
            raise click.ClickException(f"--mapping {pair}: ours are {', '.join(COLUMNS)}; theirs {', '.join(header)}")
        if ours not in JOINED:
            columns = ["" if column == ours else column for column in columns]
        columns[header.index(name)] = ours
    return ColumnMapping(tuple(columns), first_day, month_first, in_pence)


def tell(given: Service, by: Actor, import_id: UUID, mapping: ColumnMapping, source: str) -> RegisterImport:
    """Say what the columns are, and wait until the file is read so. Where that is too little, nothing is kept."""
    try:
        with given.transaction(by.body_id) as session:
            brought = register_import.get_import(session, import_id, lock=True)
            header = brought.asked["header"] if brought.asked else []
            for theirs, ours in zip(header, mapping.columns, strict=True):
                click.echo(f"  {theirs} is {ours or 'left out'}")
            registering.tell_columns(session, brought, mapping, source=source, by=by, at=given.now())
    except MappingRefused as refused:
        discard(given, by, import_id)
        raise click.ClickException(f"say what the columns are with --mapping. {refused}") from None
    return wait_for(given, by, import_id, "Reading rows")


def take_payments(
    given: Service, by: Actor, brought: RegisterImport, first_day: date | None, prefix: str
) -> RegisterImport:
    """Tell what a file of payments holds, and read it with the first day that was given."""
    told = (brought.asked or {})["credits"]
    total = pence.format(told["total_pence"])
    click.echo(f"  {told['count']:,} payments of {total}; {told['left_out']:,} other records are left out")
    for what, said, found in told["differences"]:
        click.echo(f"  the file does not agree with itself: {what} {said}, found {found}")
    if first_day is None:
        discard(given, by, brought.id)
        raise click.ClickException("say with --first-day since when the payees are paid from here")
    try:
        terms = CreditTerms(first_day, prefix)
    except TermsRefused:
        discard(given, by, brought.id)
        raise click.ClickException("--prefix: up to 12 letters, digits and / . -") from None
    with given.transaction(by.body_id) as session:
        locked = register_import.get_import(session, brought.id, lock=True)
        registering.tell_terms(session, locked, terms, by=by, at=given.now())
    return wait_for(given, by, brought.id, "Reading rows")


def discard(given: Service, by: Actor, import_id: UUID) -> None:
    with given.transaction(by.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        registering.discard(session, brought, by=by, at=given.now())


def wait_for(given: Service, by: Actor, import_id: UUID, what: str) -> RegisterImport:
    """Wait, with a bar, until the workers have finished the step that runs."""
    found: list[RegisterImport] = []

    def state() -> tuple[int, int, bool]:
        with given.transaction(by.body_id) as session:
            brought = register_import.get_import(session, import_id)
            stopped = registering.stopped_work(session, brought)
        if stopped is not None:
            raise click.ClickException(
                f"nothing of the file is in the register: {stopped.error}. Once the cause is put right: "
                f"`payouts task retry {stopped.id}`"
            )
        found[:] = [brought]
        total = brought.rows_good if brought.status is ImportStatus.LANDING else brought.rows
        return brought.rows_done, total, brought.status not in RUNNING

    with ground.bars() as progress:
        ground.follow(progress, what, state)
    return found[0]


def show(given: Service, by: Actor, brought: RegisterImport) -> None:
    click.echo(
        f"{brought.rows_good:,} good rows, {brought.rows_unchanged:,} unchanged, {brought.rows_refused:,} refused."
    )
    if brought.rows_mended:
        click.echo(f"  {brought.rows_mended:,} rows were put right: see the import's page")
    for name, value in brought.notes.items():
        click.echo(f"  {name}: {value}")
    with given.transaction(by.body_id) as session:
        for row in refused_rows(session, brought.id, limit=30):
            faults = "; ".join(f"{fault['field']}: {fault['reason']} ({fault['found']})" for fault in row.faults)
            click.echo(f"  line {row.line}: {faults}")
    if brought.rows_refused > 30:
        click.echo(f"  and {brought.rows_refused - 30:,} more: the import's page has them as a file to put right")


@register.command("confirm")
@click.argument("import_id", type=click.UUID)
@ground.person_options
@ground.body_option
def confirm(import_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Confirm the bank details of an import, as a second person."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        count = register_import.confirm(session, given.calendar, brought, by=by, at=given.now())
    click.echo(f"Confirmed the bank details of {count:,} payees.")
