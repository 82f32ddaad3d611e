"""`payouts scheme checks`: a scheme's settings for the checks, as JSON out and in."""

from __future__ import annotations

import json
from typing import BinaryIO

import click

from payouts.commands import ground
from schemes.check_settings import propose, settings_at, settings_from, settings_json
from schemes.database import new_id
from schemes.errors import FieldsRefused
from schemes.scheme import scheme_of_code

LARGEST = 64 * 1024


@click.group("checks")
def checks() -> None:
    """What the checks of a scheme's payrolls find, and what it means."""


@checks.command("export")
@click.argument("code")
@ground.body_option
def export(code: str, body_name: str | None) -> None:
    """The settings that count for the next payroll, as JSON, to be changed and proposed."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        settings = settings_at(session, scheme_of_code(session, code).id)
    click.echo(json.dumps(settings_json(settings), indent=2))


@checks.command("propose")
@click.argument("scheme_code", metavar="CODE")
@click.argument("file", type=click.File("rb"))
@click.option("--reason", required=True, help="Why: everyone in the body can read it.")
@ground.person_options
@ground.body_option
def propose_settings(
    scheme_code: str, file: BinaryIO, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose the settings in a JSON FILE for a scheme. What it leaves out is as usual. Another person confirms it."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    try:
        kept = json.loads(file.read(LARGEST))
        if not isinstance(kept, dict):
            raise click.ClickException("the file holds no settings")
        wanted = settings_from(kept)
    except ValueError:
        raise click.ClickException("the file is no JSON") from None
    except FieldsRefused as refused:
        faults = "; ".join(f"{fault.field}: {fault.why} {fault.facts or ''}".strip() for fault in refused.faults)
        raise click.ClickException(faults) from None
    with given.transaction(by.body_id) as session:
        scheme_id, at = scheme_of_code(session, scheme_code).id, given.now()
        proposed = propose(session, scheme_id, wanted, change_id=new_id(), reason=reason, by=by, at=at)
    click.echo(f"Proposed. Somebody else confirms it: payouts change confirm {proposed.id}")
