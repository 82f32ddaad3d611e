"""What load balancers ask: whether this process answers, and whether it can work. No page, no cookie, nobody's data."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue

from payouts.app import Service
from payouts.health import Readiness
from payouts.web.access import PUBLIC, allowed

health = Blueprint("health", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(health)


def asked() -> Readiness:
    service: Service = current_app.extensions["payouts"]
    return service.probe.readiness()


def as_json(found: Readiness) -> dict[str, object]:
    return {
        "ready": found.ready,
        "failed": [part.value for part in found.failed],
        "queue": "answers" if found.queue_answers else "away",
    }


@health.get("/health/live")
@allowed(PUBLIC)
def show_live() -> ResponseReturnValue:
    """The process answers; asks nobody, so that a database that is away restarts no process."""
    return {"live": True}


@health.get("/health/ready")
@allowed(PUBLIC)
def show_ready() -> ResponseReturnValue:
    found = asked()
    return as_json(found), 200 if found.ready else 503


@health.get("/health")
@allowed(PUBLIC)
def show_health() -> ResponseReturnValue:
    found = asked()
    return {"live": True, **as_json(found)}, 200 if found.ready else 503
