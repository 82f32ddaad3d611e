"""`payouts person`: who may sign in to a body."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click
import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.commands import ground
from payouts.people import tell_of_delegation
from schemes import audit, before_body, credential_reset, delegation, invitation, role_change
from schemes.before_body import SignInPerson
from schemes.body import get_body
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.person import Person, Role, add_person, address
from schemes.role_change import Roles, roles_of_all


def as_typed(roles: Roles) -> list[str]:
    """Roles as the commands take them: `approver`, `approver:HIL`."""
    return [one for role, codes in roles.items() for one in ([f"{role}:{code}" for code in codes] or [role])]


def roles_typed(typed: tuple[str, ...]) -> dict[str, list[str]]:
    """`approver` for all schemes, `approver:HIL` for one. Fails with what a role can be."""
    found: dict[str, list[str]] = {}
    for one in typed:
        role, _, code = one.partition(":")
        if role not in set(Role):
            raise click.ClickException(f"{role} is no role. There is: {', '.join(Role)}")
        found.setdefault(role, []).extend([code] if code else [])
    return found


role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="May be repeated.",
)
roles_option = click.option(
    "--role", "roles", multiple=True, required=True, help="May be repeated; approver:HIL is for the scheme HIL only."
)
reason_option = click.option("--reason", required=True, help="For the second person.")


@click.group()
def person() -> None:
    """The people of a body."""


@person.command("list")
@ground.body_option
def list_people(body_name: str | None) -> None:
    """Name, e-mail address and roles of each person, with the schemes of roles that are for some only."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for found, roles, _ in roles_of_all(session):
            click.echo(f"{found.name}\t{found.email}\t{', '.join(as_typed(roles))}")


@person.command("add")
@click.argument("email")
@click.argument("name")
@role_option
@ground.body_option
def add(email: str, name: str, roles: tuple[str, ...], body_name: str | None) -> None:
    """Add a person with a password and the secret of their one-time codes, which is shown once.

    For the first people of a body; later ones are invited by one person and confirmed by another. Somebody who works in
    another body here already signs in as before.
    """
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    with given.transaction(body_id) as session:
        known = before_body.person_of_email(session, address(email))
        if known is not None:
            add_known(session, known, roles, at=given.now())
            click.echo(f"Added {known.name}, who signs in with the password and codes that they have.")
            return
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


def add_known(session: Session, known: SignInPerson, roles: tuple[str, ...], *, at: datetime) -> None:
    """Add somebody of another body to this one, by the roles of the command."""
    if known.demo and not get_body(session).is_sandbox:
        raise click.ClickException("Everybody can read a demo person's password: they work in no live body.")
    if role_change.live(session, known.id):
        raise click.ClickException("They work in this body already: change what they hold with `payouts person roles`.")
    role_change.give(session, known.id, {role: [] for role in roles}, at=at)
    audit.record(session, "person.added", by=None, at=at, roles=sorted(roles), person_id=str(known.id))


@person.command("invite")
@click.argument("whom")
@click.argument("name")
@roles_option
@reason_option
@ground.person_options
@ground.body_option
def invite(
    whom: str,
    name: str,
    roles: tuple[str, ...],
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose to invite somebody: the e-mail goes out when a second person has confirmed it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        proposed = invitation.propose_invitation(
            session,
            invitation_id=new_id(),
            email=whom,
            name=name,
            roles=roles_typed(roles),
            reason=reason,
            by=by,
            at=given.now(),
        )
    told(proposed.id)


@person.command("roles")
@click.argument("whom")
@roles_option
@reason_option
@ground.person_options
@ground.body_option
def change_roles(
    whom: str, roles: tuple[str, ...], reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose what somebody shall hold from now on: exactly these roles."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        proposed = role_change.propose_roles(
            session,
            person_of(session, whom).id,
            roles_typed(roles),
            change_id=new_id(),
            reason=reason,
            by=by,
            at=given.now(),
        )
    told(proposed.id)


@person.command("reset")
@click.argument("whom")
@reason_option
@ground.person_options
@ground.body_option
def reset(whom: str, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose that somebody who lost them sets their password and codes anew."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        person_id = person_of(session, whom).id
        proposed = credential_reset.propose_reset(
            session, person_id, change_id=new_id(), reason=reason, by=by, at=given.now()
        )
    told(proposed.id)


@person.command("remove")
@click.argument("whom")
@ground.person_options
@ground.body_option
def remove(whom: str, email: str, code: str | None, body_name: str | None) -> None:
    """Take every role in the body from somebody and end their sessions, at once."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        role_change.remove(session, person_of(session, whom).id, by=by, at=given.now())
    click.echo("Removed. They are signed out everywhere.")


@person.command("hand-over")
@click.argument("to_email")
@click.argument("first", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("last", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="Such as leave. Everyone in the body can read it.")
@ground.person_options
@ground.body_option
def hand_over(
    to_email: str,
    first: datetime,
    last: datetime,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """While you are away, let somebody who has your role decide at gates for you; both are told."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by, at = ground.acting(given, body_id, email, code), given.now()
    with given.transaction(body_id) as session:
        instead = session.scalars(select(Person).where(Person.email == address(to_email))).one_or_none()
        if instead is None:
            raise NotFound("person", to_email)
        made = delegation.hand_over(
            session,
            delegation_id=new_id(),
            delegate_id=instead.id,
            first_day=first.date(),
            last_day=last.date(),
            reason=reason,
            by=by,
            at=at,
        )
        tell_of_delegation(session, given, made, at=at)
    click.echo(f"{instead.name} decides for you from {first.date()} to {last.date()}.")


@person.command("invitations")
@ground.body_option
def invitations(body_name: str | None) -> None:
    """Id, address, roles and state of each invitation, the newest first."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in invitation.invitations_of(session):
            click.echo(f"{one.id}\t{one.email}\t{', '.join(as_typed(one.roles))}\t{one.state(given.now())}")


def person_of(session: Session, email: str) -> Person:
    """Somebody of the body by their address. Raises NotFound."""
    found = session.scalars(select(Person).where(Person.email == address(email))).one_or_none()
    if found is None:
        raise NotFound("person", email)
    return found


def told(change_id: UUID) -> None:
    click.echo(f"Proposed. A second person confirms it: payouts change confirm {change_id} --as …")
