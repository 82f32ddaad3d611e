"""Where Prometheus asks: for whoever has the installation's token, and not there for anybody while it has none."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, current_app
from flask.typing import ResponseReturnValue

from payouts.app import Service
from payouts.callbacks import WRONG_TOKEN, has_token
from payouts.web.access import PUBLIC, allowed

metrics = Blueprint("metrics", __name__)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def register(app: Flask) -> None:
    app.register_blueprint(metrics)


@metrics.get("/metrics")
@allowed(PUBLIC)
def show_metrics() -> ResponseReturnValue:
    service: Service = current_app.extensions["payouts"]
    if not service.settings.metrics_token:
        abort(404)
    if not has_token(service.settings.metrics_token):
        return WRONG_TOKEN
    from payouts import metrics as counted

    with service.transaction(None) as session:
        content = counted.page(session, service.now())
    return Response(content, content_type=TEXT)
