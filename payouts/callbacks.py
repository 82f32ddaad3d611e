"""Where GOV.UK Notify posts its delivery receipts."""

from __future__ import annotations

import hmac
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue

from payouts.app import Service
from payouts.notices.receipts import take_receipt
from payouts.web.access import PUBLIC, allowed
from schemes import before_body

callbacks = Blueprint("callbacks", __name__)


def register(app: Flask) -> None:
    # Notify has no form of ours: its bearer token says who posts
    app.extensions["csrf"].exempt(callbacks)
    app.register_blueprint(callbacks)


@callbacks.post("/callbacks/notify")
@allowed(PUBLIC)
def notify_receipt() -> ResponseReturnValue:
    """Take a receipt, told by the bearer token that only Notify has. Unknown and repeated ones are harmless."""
    service: Service = current_app.extensions["payouts"]
    token = service.settings.notify_receipts_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        return {"error": "the bearer token is missing or wrong"}, 403
    receipt: Any = request.get_json(silent=True)
    try:
        notice_id, notify_id = UUID(str(receipt["reference"])), UUID(str(receipt["id"]))
        status = str(receipt["status"])
    except (TypeError, KeyError, ValueError):
        return {"error": "not a delivery receipt of ours"}, 400
    with service.transaction(None) as session:
        body_id = before_body.body_of_notice(session, notice_id)
    if body_id is not None:
        with service.transaction(body_id) as session:
            take_receipt(session, notice_id, notify_id=notify_id, status=status, at=service.now())
    return "", 204
