"""`payouts file`: a payment file made anew from the payments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from payouts.commands import ground
from payouts.files.file_check import CheckOutcome, check_file
from payouts.files.payment_file import files_of
from payouts.files.regenerating import regenerate
from payouts.payroll import payroll_of_number


@click.group()
def file() -> None:
    """Payment files."""


@file.command("check")
@click.argument("number", type=int)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@ground.person_options
@ground.body_option
def check(number: int, path: Path, email: str, code: str | None, body_name: str | None) -> None:
    """Hold a file against a payroll's approved one: exit 0 for the same bytes, 1 for anything else."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with path.open("rb") as content, given.transaction(by.body_id) as session:
        checked = check_file(
            session,
            given.seals,
            payroll_of_number(session, number),
            file_name=path.name,
            content=content,
            by=by,
            at=given.now(),
        )
    click.echo(f"{path.name}  sha256 {checked.check.sha256}  {checked.check.outcome.replace('_', ' ')}")
    for part, (count, pence) in (checked.comparison.sums() if checked.comparison else {}).items():
        click.echo(f"  {part}: {count:,} payments, {pence:+,} pence")
    if checked.check.outcome is not CheckOutcome.SAME_BYTES:
        raise SystemExit(1)


@file.command("regenerate")
@click.argument("number", type=int)
@click.option("--check", is_flag=True, help="Only compare; write nothing.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default="here")
@ground.body_option
def regenerate_file(number: int, folder: Path, body_name: str | None, *, check: bool) -> None:
    """Build a payroll's files anew: the same bytes as those that were approved, or a non-zero exit."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        payroll = payroll_of_number(session, number)
        for kept in files_of(session, payroll.id):
            blocks = regenerate(session, given, payroll, kept)
            sha256 = hashed(blocks) if check else write_checked(folder / kept.name, blocks, kept.sha256)
            if sha256 != kept.sha256:
                raise click.ClickException(f"{kept.name} comes out as {sha256}, approved was {kept.sha256}")
            click.echo(f"{kept.name}  sha256 {sha256}  as approved")


def hashed(blocks: Iterable[bytes]) -> str:
    running = hashlib.sha256()
    for block in blocks:
        running.update(block)
    return running.hexdigest()


def write_checked(path: Path, blocks: Iterable[bytes], sha256: str) -> str:
    """Write a file that gets its name only if it has this SHA-256; returns the one that it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            found = hashed(written(blocks, file))
        if found == sha256:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return found


def written(blocks: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    for block in blocks:
        file.write(block)
        yield block
