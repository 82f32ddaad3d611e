"""`payouts export`: journals for the finance system."""

from __future__ import annotations

import json
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy.orm import Session

from bacs import pence
from payouts.commands import ground
from payouts.exports import codes
from payouts.exports.export import Form
from payouts.exports.export import export as make_export
from payouts.exports.journal import Scope
from payouts.exports.own_profile import ExportProfile, own_profiles
from payouts.exports.own_profile import propose as propose_profile
from payouts.exports.profile import PROFILES, Profile, ProfileName
from payouts.payroll import payroll_of_number
from schemes.database import new_id
from schemes.definition import FinanceCodes


@click.group("export")
def export_group() -> None:
    """What the finance system takes in."""


@export_group.command("journal")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--payroll", "number", type=int, help="Of one payroll, by its number.")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="First accounting date of a period.")
@click.option("--to", "last_day", type=click.DateTime(["%Y-%m-%d"]), help="Last accounting date of a period.")
@click.option("--profile", default="two_columns", help="Its layout: one of the service's, or the name of your own.")
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
        written = BytesIO()
        made = make_export(session, scope, layout(session, profile), form, to=written, by=by, at=given.now())
    # a journal that is refused leaves an earlier one where it is
    file.write_bytes(written.getvalue())
    click.echo(f"{file}: {made.line_count:,} lines, {pence.format(made.total_pence)} on each side, {made.sha256}")


def layout(session: Session, name: str) -> ProfileName | ExportProfile:
    """A layout by its name."""
    own = {one.name.casefold(): one for one in own_profiles(session)}
    if name.casefold() in own:
        return own[name.casefold()]
    if name in set(ProfileName):
        return ProfileName(name)
    raise click.UsageError(f"no layout is called {name}: {', '.join([*ProfileName, *(o.name for o in own.values())])}")


@export_group.command("layouts")
@ground.body_option
def list_layouts(body_name: str | None) -> None:
    """How journals can be laid out: each name, and its definition as JSON, which `export layout` takes."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in own_profiles(session):
            click.echo(f"{one.name}\t{json.dumps(one.definition)}")
    for name, profile in PROFILES.items():
        click.echo(f"{name}\t{json.dumps(profile.as_json())}")


@export_group.command("layout")
@click.argument("name")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--because", "reason", required=True, help="Why, for the second person.")
@ground.person_options
@ground.body_option
def lay_out(name: str, file: TextIO, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose a layout from a JSON file, new or for one of that name; `payouts change confirm` sets it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    try:
        profile = Profile.from_json(json.load(file))
    except (KeyError, TypeError, ValueError) as wrong:
        raise click.ClickException(f"this is no layout: {wrong!r}. `payouts export layouts` shows some") from None
    with given.transaction(body_id) as session:
        line_id = next((one.line_id for one in own_profiles(session) if one.name.casefold() == name.casefold()), None)
        made = propose_profile(
            session, line_id, change_id=new_id(), name=name, profile=profile, reason=reason, by=by, at=given.now()
        )
    click.echo(f"{made.id}: proposed")


@export_group.command("codes")
@click.option("--set", "given_codes", multiple=True, help="KEY=FUND,COST CENTRE,ACCOUNT,VAT; once for each account.")
@click.option("--because", "reason", help="Why, for the second person.")
@click.option("--as", "email", help="Who proposes them: their e-mail address.")
@click.option("--code", help="A one-time code (else PAYOUTS_CODE, else asked for).")
@ground.body_option
def set_codes(
    given_codes: tuple[str, ...], reason: str | None, email: str | None, code: str | None, body_name: str | None
) -> None:
    """The codes of the accounts by key, and what has none; with --set, propose others for some of them."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    with given.transaction(body_id) as session:
        known = codes.codes_by_key(codes.newest_codes(session))
        if not given_codes:
            for key, name in codes.keys(session).items():
                click.echo(f"{key}\t{name or '-'}\t{','.join(known[key]) if key in known else 'none'}")
            for one in codes.missing(session):
                click.echo(f"no account code: {f'{one.what} of scheme {one.scheme}' if one.scheme_id else one.what}")
            return
    if not email or not reason:
        raise click.UsageError("give --as and --because")
    by = ground.acting(given, body_id, email, code)
    for each in given_codes:
        key, _, parts = each.partition("=")
        if parts.count(",") != 3:
            raise click.UsageError(f"{each}: give four parts with commas between them, empty ones too")
        known[key] = FinanceCodes(*(part.strip() for part in parts.split(",")))
    with given.transaction(body_id) as session:
        made = codes.propose(session, known, change_id=new_id(), reason=reason, by=by, at=given.now())
    click.echo(f"{made.id}: proposed")
