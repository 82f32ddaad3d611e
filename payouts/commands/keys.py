"""`payouts keys`: secrets for a new installation, and rotation while it runs."""

from __future__ import annotations

import base64
import secrets

import click

from payouts import local
from payouts.commands import ground
from schemes import before_body, person, seal
from schemes.signer import Signer


@click.group()
def keys() -> None:
    """Keys and secrets."""


@keys.command("new")
def new() -> None:
    """Print fresh secrets for the environment of a new installation."""
    for name, value in local.make_secrets().items():
        click.echo(f"{name}={value}")


@keys.command("ring")
def ring() -> None:
    """Print the key ring with a new key in front: set it everywhere, restart, then `payouts keys rotate`."""
    now = ground.settings().key_ring
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    click.echo(f"PAYOUTS_KEY_RING=k{secrets.token_hex(3)}:{key},{now}")


@keys.command("signing")
def signing() -> None:
    """Print a new signing key, and the present one as a former key: set both everywhere, and restart all at once.

    What was signed until now still counts, and packs and audit heads are verified with both public keys. Give the new
    public key to whoever verifies evidence.
    """
    given = ground.service()
    fresh = base64.b64encode(secrets.token_bytes(32)).decode()
    former = f"{given.signer.public_key}@{given.now():%Y-%m-%dT%H:%M:%SZ}"
    click.echo(f"PAYOUTS_SIGNING_KEY={fresh}")
    click.echo(f"PAYOUTS_FORMER_SIGNING_KEYS={','.join(filter(None, [former, given.settings.former_signing_keys]))}")
    click.echo(f"# the new public key: {Signer.parse(fresh).public_key}")


@keys.command("rotate")
def rotate() -> None:
    """Wrap every key anew with the ring's current key, while the service runs; then the old ones can leave the ring."""
    given = ground.service()
    with given.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    with ground.bars() as progress:
        for body_id, name, _ in bodies:
            with given.transaction(body_id) as session:
                person.rewrap_codes(session, given.seals.ring)
                total = seal.keys_left(session, given.seals.ring.current)
            bar = progress.add_task(name[:34], total=total)
            done = -1
            while done:
                with given.transaction(body_id) as session:
                    done = seal.rewrap(session, given.seals)
                progress.advance(bar, done)
    click.echo(f"Everything is wrapped by {given.seals.ring.current}.")
