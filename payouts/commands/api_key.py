"""`payouts api-key`: keys with which other systems act in a body."""

from __future__ import annotations

import click

from payouts.commands import ground
from schemes import api_key as keys
from schemes import api_secret
from schemes.api_key import ApiKey, KeyKind, Scope
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.person import Actor


@click.group("api-key")
def api_key() -> None:
    """API keys of other systems."""


@api_key.command("list")
@ground.body_option
def list_keys(body_name: str | None) -> None:
    """The keys, what each may do, and when it was last used."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        secrets = api_secret.secrets_of_body(session)
        for key in keys.keys_of_body(session):
            taken = secrets.get(key.id, [])
            used = max((one.last_used_at for one in taken if one.last_used_at), default=None)
            works = key.revoked_at is None and any(one.works(given.now()) for one in taken)
            state = "revoked" if key.revoked_at else "works" if works else "no secret taken"
            last = f"{used:%Y-%m-%d %H:%M}Z" if used else "never used"
            click.echo(f"{key.name}\t{key.kind}\t{', '.join(key.scopes)}\t{state}\t{last}")


@api_key.command("propose")
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.value for kind in KeyKind]), required=True)
@click.option(
    "--may",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="A right.",
)
@click.option("--scheme", "schemes", multiple=True, help="The code of a scheme; not given: all.")
@click.option("--network", "networks", multiple=True, help="A network, such as 192.0.2.0/24; not given: all.")
@click.option("--payee", "payees", multiple=True, help="The reference of a payee of a team key.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose(
    name: str,
    kind: str,
    scopes: tuple[str, ...],
    schemes: tuple[str, ...],
    networks: tuple[str, ...],
    payees: tuple[str, ...],
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose a key. A second person confirms it: `payouts change confirm`."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        proposed = keys.propose(
            session,
            key_id=new_id(),
            name=name,
            kind=KeyKind(kind),
            scopes=[Scope(scope) for scope in scopes],
            schemes=schemes,
            networks=networks,
            payees=payees,
            reason=reason,
            by=by,
            at=given.now(),
        )
    click.echo(f"Proposed. A second person now confirms it: payouts change confirm {proposed.id}")


@api_key.command("take")
@click.argument("name")
@click.option("--overlap-days", type=int, default=0, show_default=True, help="Days that earlier secrets go on to work.")
@ground.person_options
@ground.body_option
def take(name: str, overlap_days: int, email: str, code: str | None, body_name: str | None) -> None:
    """Print a new secret of a key, which is never shown again."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        at, key = given.now(), named(keys.key_of_name(session, name), name)
        key = keys.get_key(session, key.id, lock=True)
        terms = {"secret_id": new_id(), "overlap_days": overlap_days}
        written = api_secret.take(session, given.seals, key, by=by, at=at, **terms)  # type: ignore[arg-type]
    click.echo(written)


@api_key.command("revoke")
@click.argument("name")
@ground.person_options
@ground.body_option
def revoke(name: str, email: str, code: str | None, body_name: str | None) -> None:
    """Let a key work no more, at once and for good."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by: Actor = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        key = named(keys.key_of_name(session, name), name)
        keys.revoke(session, keys.get_key(session, key.id, lock=True), by=by, at=given.now())
    click.echo("Revoked.")


def named(key: ApiKey | None, name: str) -> ApiKey:
    """Raises NotFound."""
    if key is None:
        raise NotFound("API key", name)
    return key
