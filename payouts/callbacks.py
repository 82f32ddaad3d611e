"""Where GOV.UK Notify posts its delivery receipts: of the installation's own service, and of each body's."""

from __future__ import annotations

import hmac
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue

from payouts.app import Service
from payouts.notices.connection import connection_of, receipts_token
from payouts.notices.receipts import take_receipt
from payouts.web.access import PUBLIC, allowed
from schemes import before_body

callbacks = Blueprint("callbacks", __name__)
WRONG_TOKEN = {"error": "the bearer token is missing or wrong"}, 403
# a letter that the post brought back has a callback of its own, without a status
RETURNED_LETTER = "returned-letter"


def register(app: Flask) -> None:
    # Notify has no form of ours: its bearer token says who posts
    app.extensions["csrf"].exempt(callbacks)
    app.register_blueprint(callbacks)


@callbacks.post("/callbacks/notify")
@allowed(PUBLIC)
def notify_receipt() -> ResponseReturnValue:
    """Take a receipt of the installation's Notify, told by its bearer token. Unknown and repeated ones are harmless."""
    service: Service = current_app.extensions["payouts"]
    if not has_token(service.settings.notify_receipts_token):
        return WRONG_TOKEN
    return take(service, None)


@callbacks.post("/callbacks/notify/<whose>")
@allowed(PUBLIC)
def notify_receipt_of_body(whose: str) -> ResponseReturnValue:
    """Take a receipt of a body's own Notify, whose token says nothing about another body's messages."""
    service: Service = current_app.extensions["payouts"]
    try:
        body_id = UUID(whose)
    except ValueError:
        return WRONG_TOKEN
    with service.transaction(body_id) as session:
        counting = connection_of(session)
        token = receipts_token(service.seals, counting) if counting else ""
    if not has_token(token):
        return WRONG_TOKEN
    return take(service, body_id)


def has_token(token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def take(service: Service, body_id: UUID | None) -> ResponseReturnValue:
    receipt: Any = request.get_json(silent=True)
    try:
        returned = "notification_id" in receipt
        reference, status = str(receipt["reference"]), RETURNED_LETTER if returned else str(receipt["status"])
        notify_id = UUID(str(receipt["notification_id" if returned else "id"]))
    except (TypeError, KeyError, ValueError):
        return {"error": "not a delivery receipt of ours"}, 400
    try:
        notice_id = UUID(reference)
    except ValueError:
        # a message that another program sent, or one to try the connection
        return "", 204
    if body_id is None:
        with service.transaction(None) as session:
            body_id = before_body.body_of_notice(session, notice_id)
    if body_id is not None:
        with service.transaction(body_id) as session:
            take_receipt(session, service, notice_id, notify_id=notify_id, status=status, at=service.now())
    return "", 204
