"""What webhooks were sent, in the browser: each message with its attempts, sent again, paused, tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count
from payouts.web.pages import actor, now, pages, transaction
from payouts.webhooks import delivery, replaying
from payouts.webhooks import webhook as operations
from payouts.webhooks.delivery import KEPT_FOR, get_delivery
from payouts.webhooks.webhook import Paused, Webhook, get_webhook
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import Role

DAYS = (1, 7, KEPT_FOR.days)


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/deliveries/<uuid:webhook_delivery_id>")
@allowed(ANYONE_SIGNED_IN)
def show_delivery(webhook_id: UUID, webhook_delivery_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        found = get_delivery(session, webhook_id, webhook_delivery_id)
        return render_template(
            "webhooks/show_delivery.html",
            webhook=get_webhook(session, webhook_id),
            delivery=found,
            attempts=delivery.attempts_of(session, [found.id])[found.id],
        )


@pages.route(
    "/settings/api-keys/webhooks/<uuid:webhook_id>/deliveries/<uuid:webhook_delivery_id>/replay", methods=["POST"]
)
@allowed(Role.ADMINISTRATOR)
def replay_delivery(webhook_id: UUID, webhook_delivery_id: UUID) -> ResponseReturnValue:
    def replay(session: Session, webhook: Webhook) -> str:
        again = get_delivery(session, webhook_id, webhook_delivery_id, lock=True)
        replaying.replay(session, webhook, again, by=actor(), at=now())
        return "The message is sent again, under the same id"

    return done(webhook_id, replay)


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/replay", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def replay_failed(webhook_id: UUID) -> ResponseReturnValue:
    days = request.form.get("days", type=int)

    def replay(session: Session, webhook: Webhook) -> str:
        since = now() - timedelta(days=days if days in DAYS else KEPT_FOR.days)
        again = replaying.replay_since(session, webhook, since, by=actor(), at=now())
        return f"{count(again, 'message')} sent again" if again else "Nothing failed since then"

    return done(webhook_id, replay)


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/pause", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def pause_webhook(webhook_id: UUID) -> ResponseReturnValue:
    def pause(session: Session, webhook: Webhook) -> str:
        operations.pause(session, webhook, because=Paused.PERSON, by=actor(), at=now())
        return "The webhook is paused. What happens meanwhile is kept for it"

    return done(webhook_id, pause)


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/test", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def try_webhook(webhook_id: UUID) -> ResponseReturnValue:
    def test(session: Session, webhook: Webhook) -> str:
        replaying.send_test(session, webhook, by=actor(), at=now())
        return "A test message is on its way. Load the page again in a moment to see what came back"

    return done(webhook_id, test)


def done(webhook_id: UUID, act: Callable[[Session, Webhook], str]) -> ResponseReturnValue:
    """Do what a button asks for, and say so on the webhook's page."""
    try:
        with transaction() as session:
            said = act(session, get_webhook(session, webhook_id, lock=True))
        flash(said)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_webhook", webhook_id=webhook_id), 303)
