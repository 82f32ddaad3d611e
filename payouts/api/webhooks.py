"""Webhooks of the key that calls: set up, tried, looked into, sent again. What each is sent stands in `messages`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g, jsonify
from marshmallow import Schema, fields

from payouts.api import spec
from payouts.api.door import allowed, must_match
from payouts.api.fields import Instant, Text, Whole
from payouts.api.ground import actor, now, service, session
from payouts.api.listing import ListArgs, list_schema, page, place_given
from payouts.webhooks import delivery, replaying, signing, webhook
from payouts.webhooks.address import LONGEST, Rules, named_hosts
from payouts.webhooks.delivery import Delivery, DeliveryStatus
from payouts.webhooks.posting import Trouble
from payouts.webhooks.signing import LONGEST_OVERLAP_HOURS
from payouts.webhooks.webhook import (
    LONGEST_BEGINNING,
    LONGEST_DESCRIPTION,
    MOST_BEGINNINGS,
    Paused,
    PayloadKind,
    Webhook,
    WebhookStatus,
)
from schemes.api_key import Scope
from schemes.body import get_body
from schemes.database import new_id
from schemes.errors import NotFound

resource = spec.Resource("webhooks", __name__, description="Being told what happened, instead of asking")


class WebhookSchema(Schema):
    id = fields.UUID(required=True)
    url = fields.String(required=True)
    description = fields.String(required=True)
    events = fields.List(
        fields.String(), required=True, metadata={"description": "How the types begin that are sent; none: all."}
    )
    payload = fields.Enum(PayloadKind, by_value=True, required=True)
    status = fields.Enum(WebhookStatus, by_value=True, required=True)
    paused_because = fields.Enum(
        Paused,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={
            "description": "`new`: in a live body an administrator lets it begin; `failing`: nothing got there for "
            "three days; `gone`: it answered 410. A person lets it go on."
        },
    )
    failing_since = Instant(required=True, allow_none=True)
    created_at = Instant(required=True, attribute="made_at")


class NewWebhookSchema(Schema):
    url = Text(
        least=1,
        most=LONGEST,
        required=True,
        metadata={"description": "By https, on port 443 or 8443, and not inside a network; a sandbox takes http, too."},
    )
    description = Text(most=LONGEST_DESCRIPTION, load_default="")
    events = fields.List(
        Text(least=1, most=LONGEST_BEGINNING),
        load_default=list,
        metadata={"description": "How the types begin that you want, such as `payroll.`; none: all.", "maxItems": 20},
    )
    payload = fields.Enum(
        PayloadKind,
        by_value=True,
        load_default=PayloadKind.THIN,
        metadata={"description": "`thin`: the event as `GET /events` has it; `full`: with the thing itself."},
    )


class ChangedWebhookSchema(Schema):
    description = Text(most=LONGEST_DESCRIPTION)
    events = fields.List(Text(least=1, most=LONGEST_BEGINNING), metadata={"maxItems": MOST_BEGINNINGS})
    payload = fields.Enum(PayloadKind, by_value=True)


class MadeWebhookSchema(WebhookSchema):
    secret = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "`whsec_…`, shown once: null where this reply is given again."},
    )


class NewSecretSchema(Schema):
    overlap_hours = Whole(
        least=0,
        most=LONGEST_OVERLAP_HOURS,
        load_default=24,
        metadata={"description": "For so long messages are signed with the secrets before, too."},
    )


class SecretSchema(Schema):
    secret = fields.String(
        required=True, allow_none=True, metadata={"description": "Null where this reply is given again."}
    )


class SinceSchema(Schema):
    since = Instant(required=True, metadata={"description": "What failed of the messages made since then."})


class ReplayedSchema(Schema):
    count = fields.Integer(required=True, metadata={"description": "How many are sent again."})


class AttemptSchema(Schema):
    at = Instant(required=True)
    code = fields.Integer(required=True, allow_none=True, metadata={"description": "The status of the answer."})
    trouble = fields.Enum(
        Trouble, by_value=True, required=True, allow_none=True, metadata={"description": "Why there was no answer."}
    )
    answer = fields.String(required=True, metadata={"description": "How its body begins."})
    milliseconds = fields.Integer(required=True)


class DeliverySchema(Schema):
    id = fields.UUID(required=True)
    event_id = fields.UUID(required=True, metadata={"description": "What `webhook-id` holds at every attempt."})
    type = fields.String(required=True)
    status = fields.Enum(DeliveryStatus, by_value=True, required=True)
    attempts = fields.Integer(required=True, metadata={"description": "Since it was made or asked for again."})
    due_at = Instant(required=True, allow_none=True, metadata={"description": "When it is sent next."})
    created_at = Instant(required=True, attribute="made_at")
    ended_at = Instant(required=True, allow_none=True)


class OneDeliverySchema(DeliverySchema):
    log = fields.List(fields.Nested(AttemptSchema), required=True, metadata={"description": "The oldest first."})


class WebhookListSchema(Schema):
    data = fields.List(fields.Nested(WebhookSchema), required=True)


class DeliveryArgs(ListArgs):
    failed = fields.Enum(
        spec.YesNo, by_value=True, load_default=spec.YesNo.NO, metadata={"description": "Only what was not taken."}
    )


EXAMPLE = {
    "url": "https://cases.harbour.example/payouts",
    "description": "Case management",
    "events": ["payment.", "payroll.", "return."],
    "payload": "thin",
}


@resource.posting("/webhooks", NewWebhookSchema, MadeWebhookSchema, Scope.READ, example=EXAMPLE)
def create_webhook(given: dict[str, Any]) -> Any:
    """Be told what happens from now on

    The secret that proves the messages is shown in this reply and never again.
    """
    made = webhook.add(
        session(), webhook_id=new_id(), key_id=actor().person_id, **given, rules=rules(), by=actor(), at=now()
    )
    secret = signing.take(session(), service().seals, made, secret_id=new_id(), by=actor(), at=now())
    g.shown_once = ("secret",)
    return {**told(made), "secret": secret}, 201, {"Location": f"/api/v1/webhooks/{made.id}"}


@resource.route("/webhooks")
@allowed(Scope.READ)
@resource.response(200, WebhookListSchema)
def list_webhooks() -> dict[str, Any]:
    """The webhooks of the key that you use"""
    return {"data": [told(one) for one in webhook.webhooks_of_key(session(), actor().person_id)]}


@resource.route("/webhooks/<uuid:webhook_id>")
@allowed(Scope.READ)
@resource.response(200, WebhookSchema)
def get_webhook(webhook_id: UUID) -> dict[str, Any]:
    """One webhook, and how it stands"""
    return told(own(webhook_id))


@resource.patching("/webhooks/<uuid:webhook_id>", ChangedWebhookSchema, WebhookSchema, Scope.READ)
def change_webhook(given: dict[str, Any], webhook_id: UUID) -> Any:
    """Change which events are sent, and how much of each

    The address never changes: set up another webhook, then remove this one.
    """
    found = own(webhook_id, lock=True)
    must_match(jsonify(WebhookSchema().dump(told(found))).get_data())
    webhook.change(session(), found, **given, by=actor(), at=now())
    return told(found)


@resource.posting("/webhooks/<uuid:webhook_id>/secret", NewSecretSchema, SecretSchema, Scope.READ)
def replace_webhook_secret(given: dict[str, Any], webhook_id: UUID) -> Any:
    """Replace the secret; for a while messages carry a signature by each"""
    found = own(webhook_id, lock=True)
    hours = given["overlap_hours"]
    written = signing.take(
        session(), service().seals, found, secret_id=new_id(), overlap_hours=hours, by=actor(), at=now()
    )
    g.shown_once = ("secret",)
    return {"secret": written}


@resource.posting("/webhooks/<uuid:webhook_id>/test", spec.NothingSchema, DeliverySchema, Scope.READ)
def try_webhook(given: dict[str, Any], webhook_id: UUID) -> Any:
    """Be sent a message of the type `webhook.test`"""
    return delivered(replaying.send_test(session(), own(webhook_id, lock=True), by=actor(), at=now()))


@resource.posting("/webhooks/<uuid:webhook_id>/pause", spec.NothingSchema, WebhookSchema, Scope.READ, status=200)
def pause_webhook(given: dict[str, Any], webhook_id: UUID) -> Any:
    """Be told nothing until an administrator lets it go on, and then what was missed"""
    found = own(webhook_id, lock=True)
    webhook.pause(session(), found, because=Paused.PERSON, by=actor(), at=now())
    return told(found)


@resource.posting("/webhooks/<uuid:webhook_id>/remove", spec.NothingSchema, WebhookSchema, Scope.READ, status=200)
def remove_webhook(given: dict[str, Any], webhook_id: UUID) -> Any:
    """Be told nothing any more"""
    found = own(webhook_id, lock=True)
    webhook.remove(session(), found, by=actor(), at=now())
    return told(found)


@resource.posting("/webhooks/<uuid:webhook_id>/replay", SinceSchema, ReplayedSchema, Scope.READ, status=200)
def replay_failed(given: dict[str, Any], webhook_id: UUID) -> Any:
    """Be sent again all that failed, or was skipped, since an instant"""
    found = own(webhook_id, lock=True)
    return {"count": replaying.replay_since(session(), found, given["since"], by=actor(), at=now())}


@resource.route("/webhooks/<uuid:webhook_id>/deliveries")
@allowed(Scope.READ)
@resource.arguments(DeliveryArgs, location="query")
@resource.response(200, list_schema(DeliverySchema))
def list_deliveries(args: dict[str, Any], webhook_id: UUID) -> dict[str, Any]:
    """What was sent in the last 30 days and what waits, the newest first"""
    found, before = own(webhook_id), place_given(args, UUID)
    rows = delivery.deliveries_of(
        session(),
        found.id,
        failed=args["failed"] is spec.YesNo.YES,
        before=before[0] if before else None,
        limit=args["limit"] + 1,
    )
    content = page(rows, args, lambda row: [row.id])
    return {**content, "data": [delivered(row) for row in content["data"]]}


@resource.route("/webhooks/<uuid:webhook_id>/deliveries/<uuid:webhook_delivery_id>")
@allowed(Scope.READ)
@resource.response(200, OneDeliverySchema)
def get_delivery(webhook_id: UUID, webhook_delivery_id: UUID) -> dict[str, Any]:
    """One message, with every attempt to send it and what came back"""
    found = delivery.get_delivery(session(), own(webhook_id).id, webhook_delivery_id)
    return {**delivered(found), "log": delivery.attempts_of(session(), [found.id])[found.id]}


@resource.posting(
    "/webhooks/<uuid:webhook_id>/deliveries/<uuid:webhook_delivery_id>/replay",
    spec.NothingSchema,
    DeliverySchema,
    Scope.READ,
    status=200,
)
def replay_delivery(given: dict[str, Any], webhook_id: UUID, webhook_delivery_id: UUID) -> Any:
    """Be sent a message again, under the same id"""
    found = own(webhook_id, lock=True)
    again = delivery.get_delivery(session(), found.id, webhook_delivery_id, lock=True)
    replaying.replay(session(), found, again, by=actor(), at=now())
    return delivered(again)


def rules() -> Rules:
    return Rules(sandbox=get_body(session()).is_sandbox, named=named_hosts(service().settings.webhook_hosts))


def own(webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Raises NotFound, for one of another key or one that was removed, too."""
    found = webhook.get_webhook(session(), webhook_id, lock=lock)
    if found.key_id != actor().person_id or found.status is WebhookStatus.REMOVED:
        raise NotFound("webhook", webhook_id)
    return found


def told(found: Webhook) -> dict[str, Any]:
    names = [one.attribute or name for name, one in WebhookSchema._declared_fields.items()]
    return {name: getattr(found, name) for name in names}


def delivered(found: Delivery) -> dict[str, Any]:
    names = [one.attribute or name for name, one in DeliverySchema._declared_fields.items()]
    waits = found.status is DeliveryStatus.WAITING
    return {**{name: getattr(found, name) for name in names}, "due_at": found.due_at if waits else None}
