"""`payouts webhook`: addresses of other systems that are told what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import click
from sqlalchemy.orm import Session

from payouts.app import Service
from payouts.commands import ground
from payouts.webhooks import delivery, replaying, sending, signing
from payouts.webhooks import webhook as operations
from payouts.webhooks.webhook import Paused, PayloadKind, Webhook, WebhookStatus
from schemes.api_key import key_of_name, keys_of_body
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.person import Actor

Act = Callable[[Service, Session, Webhook, Actor], str]


@click.group("webhook")
def webhook() -> None:
    """Webhooks: other systems are told what happened."""


@webhook.command("list")
@ground.body_option
def list_webhooks(body_name: str | None) -> None:
    """The webhooks, and how each stands."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        keys = {key.id: key.name for key in keys_of_body(session)}
        for found in operations.webhooks_of_body(session):
            state = f"paused ({found.paused_because})" if found.status is WebhookStatus.PAUSED else found.status
            since = f"\tnothing arrives since {found.failing_since:%Y-%m-%d %H:%M}Z" if found.failing_since else ""
            told = ", ".join(found.events) or "everything"
            click.echo(f"{found.id}\t{keys[found.key_id]}\t{found.url}\t{told}\t{state}{since}")


@webhook.command("add")
@click.argument("key_name")
@click.argument("url")
@click.option("--event", "events", multiple=True, help="How the types begin, such as payroll. ; not given: all.")
@click.option("--payload", type=click.Choice([kind.value for kind in PayloadKind]), default="thin", show_default=True)
@click.option("--description", default="")
@ground.person_options
@ground.body_option
def add(
    key_name: str,
    url: str,
    events: tuple[str, ...],
    payload: str,
    description: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Tell URL what the API key KEY_NAME may read, from now on. Prints the secret, which is never shown again."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        key, at = key_of_name(session, key_name), given.now()
        if key is None:
            raise NotFound("API key", key_name)
        made = operations.add(
            session,
            webhook_id=new_id(),
            key_id=key.id,
            url=url,
            description=description,
            events=events,
            payload=PayloadKind(payload),
            rules=sending.rules_of(session, given),
            by=by,
            at=at,
        )
        written = signing.take(session, given.seals, made, secret_id=new_id(), by=by, at=given.now())
    click.echo(f"{made.id}\t{written}")


@webhook.command("secret")
@click.argument("webhook_id", type=click.UUID)
@click.option("--overlap-hours", type=int, default=24, show_default=True, help="Hours of signatures by both.")
@ground.person_options
@ground.body_option
def secret(webhook_id: UUID, overlap_hours: int, email: str, code: str | None, body_name: str | None) -> None:
    """Print a new secret, which is never shown again."""

    def take(given: Service, session: Session, found: Webhook, by: Actor) -> str:
        terms = {"secret_id": new_id(), "overlap_hours": overlap_hours}
        return signing.take(session, given.seals, found, by=by, at=given.now(), **terms) or ""  # type: ignore[arg-type]

    act_on(webhook_id, email, code, body_name, take)


@webhook.command("test")
@click.argument("webhook_id", type=click.UUID)
@ground.person_options
@ground.body_option
def test(webhook_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Send a message of the type webhook.test."""

    def send(given: Service, session: Session, found: Webhook, by: Actor) -> str:
        replaying.send_test(session, found, by=by, at=given.now())
        return "On its way. See: payouts webhook deliveries"

    act_on(webhook_id, email, code, body_name, send)


@webhook.command("pause")
@click.argument("webhook_id", type=click.UUID)
@ground.person_options
@ground.body_option
def pause(webhook_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Tell it nothing for now. What happens meanwhile is kept for it."""

    def do(given: Service, session: Session, found: Webhook, by: Actor) -> str:
        operations.pause(session, found, because=Paused.PERSON, by=by, at=given.now())
        return "Paused."

    act_on(webhook_id, email, code, body_name, do)


@webhook.command("resume")
@click.argument("webhook_id", type=click.UUID)
@click.option("--skip", is_flag=True, help="Leave out what it missed.")
@ground.person_options
@ground.body_option
def resume(webhook_id: UUID, email: str, code: str | None, body_name: str | None, *, skip: bool) -> None:
    """Let a paused webhook go on, or one begin that a system set up."""

    def do(given: Service, session: Session, found: Webhook, by: Actor) -> str:
        replaying.resume(session, found, skip=skip, by=by, at=given.now())
        return "It goes on."

    act_on(webhook_id, email, code, body_name, do)


@webhook.command("remove")
@click.argument("webhook_id", type=click.UUID)
@ground.person_options
@ground.body_option
def remove(webhook_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Tell it nothing ever again."""

    def do(given: Service, session: Session, found: Webhook, by: Actor) -> str:
        operations.remove(session, found, by=by, at=given.now())
        return "Removed."

    act_on(webhook_id, email, code, body_name, do)


@webhook.command("replay")
@click.argument("webhook_id", type=click.UUID)
@click.option("--hours", type=click.IntRange(1, 720), default=24, show_default=True, help="Made in the last hours.")
@ground.person_options
@ground.body_option
def replay(webhook_id: UUID, hours: int, email: str, code: str | None, body_name: str | None) -> None:
    """Send again what was not taken."""

    def do(given: Service, session: Session, found: Webhook, by: Actor) -> str:
        since = given.now() - timedelta(hours=hours)
        return f"{replaying.replay_since(session, found, since, by=by, at=given.now()):,} sent again."

    act_on(webhook_id, email, code, body_name, do)


@webhook.command("deliveries")
@click.argument("webhook_id", type=click.UUID)
@click.option("--failed", is_flag=True, help="Only what was not taken.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@ground.body_option
def deliveries(webhook_id: UUID, limit: int, body_name: str | None, *, failed: bool) -> None:
    """What was sent, the newest first, with the last answer to each."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        rows = delivery.deliveries_of(session, webhook_id, failed=failed, limit=limit)
        log = delivery.attempts_of(session, [row.id for row in rows])
        for row in rows:
            last = f"{log[row.id][-1].code or log[row.id][-1].trouble}" if log[row.id] else "not sent"
            click.echo(f"{row.event_id}\t{row.type}\t{row.status}\t{row.attempts} attempts\t{last}")


def act_on(webhook_id: UUID, email: str, code: str | None, body_name: str | None, act: Act) -> None:
    """Do something to a webhook in somebody's name, and say what came of it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        said = act(given, session, operations.get_webhook(session, webhook_id, lock=True), by)
    click.echo(said)
