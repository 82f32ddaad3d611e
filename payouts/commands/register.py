"""`payouts register`: bringing payees and awards in from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import click

from payouts import registering
from payouts.app import Service
from payouts.commands import ground
from schemes.database import new_id
from schemes.imports import register_import
from schemes.imports.refused import refused_rows
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
@ground.person_options
@ground.body_option
def import_file(
    file: Path, scheme_code: str, email: str, code: str | None, body_name: str | None, *, keep: bool
) -> None:
    """Read a CSV of payees and awards, show what is wrong, and keep the good rows if you say so.

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
    if brought.status is ImportStatus.UNREADABLE:
        raise click.ClickException(f"{file.name} cannot be read: {brought.fault}")
    show(given, by, brought)
    if not brought.rows_good:
        click.echo("There is nothing to keep.")
        sys.exit(1)
    if not keep and not click.confirm(f"Keep the {brought.rows_good:,} good rows?"):
        with given.transaction(body_id) as session:
            register_import.discard(
                session, register_import.get_import(session, import_id, lock=True), by=by, at=given.now()
            )
        click.echo("Discarded: nothing was kept.")
        return
    with given.transaction(body_id) as session:
        registering.keep_good_rows(
            session, register_import.get_import(session, import_id, lock=True), by=by, at=given.now()
        )
    wait_for(given, by, import_id, "Writing rows")
    click.echo(f"Kept. A second person now confirms the bank details: payouts register confirm {import_id}")


def wait_for(given: Service, by: Actor, import_id: UUID, what: str) -> RegisterImport:
    """Wait, with a bar, until the workers have finished the step that runs."""
    found: list[RegisterImport] = []

    def state() -> tuple[int, int, bool]:
        with given.transaction(by.body_id) as session:
            brought = register_import.get_import(session, import_id)
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
        count = register_import.confirm(
            session, register_import.get_import(session, import_id, lock=True), by=by, at=given.now()
        )
    click.echo(f"Confirmed the bank details of {count:,} payees.")
