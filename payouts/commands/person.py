"""`payouts person`: who may sign in to a body."""

from __future__ import annotations

import click
import pyotp

from payouts.commands import ground
from schemes import audit
from schemes.body import get_body
from schemes.person import Role, add_person, people


@click.group()
def person() -> None:
    """The people of a body."""


@person.command("list")
@ground.body_option
def list_people(body_name: str | None) -> None:
    """Name, e-mail address and roles of each person."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for found, roles in people(session):
            click.echo(f"{found.name}\t{found.email}\t{', '.join(roles)}")


@person.command("add")
@click.argument("email")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="May be repeated.",
)
@ground.body_option
def add(email: str, name: str, roles: tuple[str, ...], body_name: str | None) -> None:
    """Add a person with a password and the secret of their one-time codes, which is shown once."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with given.transaction(body_id) as session:
        added, secret = add_person(
            session,
            given.seals.ring,
            email=email,
            name=name,
            password=password,
            roles=frozenset(Role(role) for role in roles),
            at=given.now(),
        )
        audit.record(session, "person.added", by=None, about=added, at=given.now(), roles=sorted(roles))
        issuer = get_body(session).name
    click.echo(f"Added {name}. Give them this once, for their authenticator app:")
    click.echo(pyotp.TOTP(secret).provisioning_uri(name=added.email, issuer_name=f"Payouts, {issuer}"))
