"""`payouts evidence`: take the evidence of a payroll out, and verify it anywhere."""

from __future__ import annotations

from pathlib import Path

import click

from payouts.commands import ground
from payouts.evidence.pack import name_of, write_pack
from payouts.evidence.verifying import NotAPack
from payouts.evidence.verifying import verify as verify_pack
from payouts.payroll import payroll_of_number


@click.group()
def evidence() -> None:
    """Evidence packs."""


@evidence.command("take")
@click.argument("number", type=int)
@click.option("--complete", is_flag=True, help="With files and payments: everybody's bank details. Needs --reason.")
@click.option("--reason", default="", help="Why everybody's bank details leave the service.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default="here")
@ground.person_options
@ground.body_option
def take(
    number: int, reason: str, folder: Path, email: str, code: str | None, body_name: str | None, *, complete: bool
) -> None:
    """Write a payroll's evidence pack: redacted, or complete."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    folder.mkdir(parents=True, exist_ok=True)
    with given.transaction(by.body_id) as session:
        payroll = payroll_of_number(session, number)
        path = folder / name_of(payroll, redacted=not complete)
        with path.open("wb") as to:
            write_pack(
                session,
                given.seals,
                given.signer,
                payroll,
                to=to,
                redacted=not complete,
                reason=reason,
                by=by,
                at=given.now(),
            )
    click.echo(f"{path}\nverify with: payouts evidence verify {path} --key {given.signer.public_key}")


@evidence.command("verify")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, help="A public key of the service (base64). May be given several times.")
@click.option("--site", "sites", multiple=True, help="A host that people's passkeys are for, like payouts.example.")
def verify(path: Path, keys: tuple[str, ...], sites: tuple[str, ...]) -> None:
    """Check a pack without database or network. Exit 1 names what does not match, 2 is no evidence pack."""
    try:
        with path.open("rb") as source:
            report = verify_pack(source, trusted_keys=frozenset(keys), sites=frozenset(sites))
    except NotAPack as error:
        click.echo(f"{path.name}: {error}", err=True)
        raise SystemExit(2) from None
    for line in report.holds:
        click.echo(f"holds   {line}")
    for line in report.gone:
        click.echo(f"GONE    {line}")
    for line in report.faults:
        click.echo(f"WRONG   {line}")
    if not keys:
        click.echo("No --key was given. These signed; compare them with those that the service publishes:")
        for key in sorted(report.keys):
            click.echo(f"  {key}")
    if report.faults:
        raise SystemExit(1)
    click.echo("Nothing is wrong.")
