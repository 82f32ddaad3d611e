"""`payouts api`: what is written of the API, from the code."""

from __future__ import annotations

import json

import click

from payouts.api.application import description
from payouts.api.problem import as_markdown
from payouts.web import magic_words


@click.group()
def api() -> None:
    """The API's description, its errors, and what a sandbox does on demand."""


@api.command("describe")
def describe() -> None:
    """Print the OpenAPI description, as /api/v1/openapi.json gives it out."""
    click.echo(json.dumps(description(), indent=2, ensure_ascii=False))


@api.command("errors")
def errors() -> None:
    """Print the page of errors, docs/api-errors.md."""
    click.echo(as_markdown(), nl=False)


@api.command("sandbox")
def sandbox() -> None:
    """Print the page of payees and accounts for every outcome, docs/sandbox.md."""
    click.echo(magic_words.as_markdown(), nl=False)
