"""`payouts file`: a payment file made anew from the payments."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from payouts.commands import ground
from payouts.files.payment_file import files_of
from payouts.files.sealing import regenerate
from payouts.payroll import payroll_of_number


@click.group()
def file() -> None:
    """Payment files."""


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
            content = regenerate(session, given, payroll, kept)
            sha256 = hashlib.sha256(content).hexdigest()
            if sha256 != kept.sha256:
                raise click.ClickException(f"{kept.name} comes out as {sha256}, approved was {kept.sha256}")
            if not check:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / kept.name).write_bytes(content)
            click.echo(f"{kept.name}  sha256 {sha256}  as approved")
