"""The command that prints who may ask for what."""

from __future__ import annotations

import click

from payouts.app import create_app
from payouts.commands import ground
from payouts.web.permissions import as_markdown


@click.command()
def permissions() -> None:
    """Print the table of all pages and roles, as the documentation has it."""
    click.echo(as_markdown(create_app(ground.service())), nl=False)
