"""GOV.UK Notify, simulated over HTTP: what its real client calls, answered as Notify answers it.

Nothing reaches anyone, statuses advance with age, receipts are posted; keys of a team, and of a service in trial, are
refused what Notify refuses them. What a tester needs besides (trouble on request, counts, the outbox) stands under
``/_sandbox`` and asks for no key, so serve this on the local machine only.
"""

import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from payouts.sandbox.connection import QuietHandler, drop_connection
from payouts.sandbox.faults import Faults, UnknownFault
from payouts.sandbox.notification import DEFAULT_PACE, STATUSES, Clock, Notification, Pace, is_smoke_test
from payouts.sandbox.notify_allowance import Allowance
from payouts.sandbox.notify_answers import accepted, described, described_template
from payouts.sandbox.notify_keys import Keys, NotifyRefused
from payouts.sandbox.notify_requests import fill, is_uuid, read_send_request
from payouts.sandbox.outbox import PAGE, Outbox
from payouts.sandbox.receipts import Receipts
from payouts.sandbox.templates import TEMPLATES, Template, TemplateType, by_id

SILENCE_SECONDS = 40
LIMIT = "Exceeded rate limit for key type TEST of 3000 requests per 60 seconds"
DAY = "Exceeded send limits (250000) for today"
CLOCK = "Error: Your system clock must be accurate to within 30 seconds"
REFUSALS: dict[str, tuple[int, str, str]] = {
    "answer_400": (400, "BadRequestError", "Template not found"),
    "answer_403": (403, "AuthError", CLOCK),
    "answer_429": (429, "RateLimitError", LIMIT),
    "answer_429_for_the_day": (429, "TooManyRequestsError", DAY),
    "answer_500": (500, "Exception", "Internal server error"),
    "answer_503": (503, "Exception", "Internal server error"),
}

v2 = Blueprint("v2", __name__, url_prefix="/v2")
testers = Blueprint("testers", __name__, url_prefix="/_sandbox")


def utc_now() -> datetime:
    """The clock of a simulator that was given no other."""
    return datetime.now(UTC)


class _World:
    """What the views of one simulator share."""

    def __init__(self, outbox: Outbox, keys: Keys, templates: dict[str, Template], pace: Pace, now: Clock) -> None:
        self.outbox, self.keys, self.templates, self.pace, self.now = outbox, keys, templates, pace, now
        self.faults, self.allowance = Faults(), Allowance()
        self.stopping = threading.Event()
        self.receipts: Receipts | None = None

    def stop(self) -> None:
        self.stopping.set()
        if self.receipts is not None:
            self.receipts.stop()
        self.outbox.close()


def create_notify_simulator(
    *, store: Path, receipts_url: str | None, receipts_token: str | None, api_keys: Sequence[str],
    templates: Sequence[Template] = TEMPLATES, pace: Pace = DEFAULT_PACE, now: Clock = utc_now,
) -> Flask:  # fmt: skip
    """The simulator as a Flask app, keeping what it accepts in ``store`` and posting receipts to ``receipts_url``.

    ``api_keys`` are whole Notify API keys (name-service-secret). Without a URL no receipts are posted. One process at
    a time may hold a store (OutboxInUse); ``app.extensions["notify"].stop()`` lets go of it. Receipts are posted by a
    thread that starts here, so call this after a fork, not before.
    """
    if receipts_url and not receipts_token:
        raise ValueError("receipts need a bearer token, or the callback could not tell who posts them")
    keys = Keys(api_keys)
    app = Flask(__name__, static_folder=None)
    world = _World(Outbox(store), keys, by_id(templates), pace, now)
    if receipts_url and receipts_token:
        world.receipts = Receipts(
            world.outbox,
            url=receipts_url,
            token=receipts_token,
            pace=pace,
            now=now,
            faults=world.faults,
        )
    app.extensions["notify"] = world
    app.register_blueprint(v2)
    app.register_blueprint(testers)
    app.register_error_handler(NotifyRefused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    return app


class NotifyServer:
    """The simulator behind a real socket: one process, a thread for each connection."""

    def __init__(
        self, host: str, port: int, *, store: Path, receipts_url: str | None, receipts_token: str | None,
        api_keys: Sequence[str], pace: Pace = DEFAULT_PACE, now: Clock = utc_now,
    ) -> None:  # fmt: skip
        """Bind at once (port 0: any free one), so that ``url`` can be told before ``run``."""
        self._app = create_notify_simulator(
            store=store, receipts_url=receipts_url, receipts_token=receipts_token, api_keys=api_keys, pace=pace, now=now
        )
        self._server = make_server(host, port, self._app, threaded=True, request_handler=QuietHandler)
        self._ended = threading.Event()
        self.url = f"http://{host}:{self._server.server_port}"

    def run(self) -> None:
        """Answer until ``stop`` is called from another thread, then let go of port and store."""
        try:
            self._server.serve_forever(poll_interval=0.05)
        finally:
            self._server.server_close()
            self._app.extensions["notify"].stop()
            self._ended.set()

    def stop(self) -> None:
        """End ``run``, which another thread is in; returns when port and store are free."""
        self._server.shutdown()
        self._ended.wait()


def serve(
    host: str, port: int, *, store: Path, receipts_url: str | None, receipts_token: str | None,
    api_keys: Sequence[str], pace: Pace = DEFAULT_PACE,
) -> None:  # fmt: skip
    """Serve the simulator from the main thread of a process until it is interrupted or terminated."""
    server = NotifyServer(
        host, port, store=store, receipts_url=receipts_url, receipts_token=receipts_token, api_keys=api_keys, pace=pace
    )
    # shutdown waits for the loop that this thread runs, so it has to be called from another
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.stop).start())
    server.run()


@v2.before_request
def _sign_in() -> None:
    g.key = _world().keys.signed_by(request.headers.get("Authorization"), _world().now())
    g.service_id = g.key.service_id


@v2.post("/notifications/<any(email, sms, letter):type>")
def send(type: TemplateType) -> ResponseReturnValue:
    world = _world()
    refuse_on_request(world)
    asked = read_send_request(type, _json(), world.templates)
    world.allowance.take(g.key, type, asked.recipient, world.now())
    notification = Notification(
        id=str(uuid4()), service_id=g.service_id, type=type, recipient=asked.recipient, reference=asked.reference,
        template_id=asked.template.id, template_version=asked.template.version, subject=asked.subject, body=asked.body,
        created_at=world.now(), one_click_unsubscribe_url=asked.one_click_unsubscribe_url,
    )  # fmt: skip
    if not is_smoke_test(notification.recipient):
        world.outbox.accept(notification)
        if world.receipts is not None:
            world.receipts.expect(notification)
    if world.faults.take("lose_replies"):
        drop_connection()
    if world.faults.take("time_out"):
        world.stopping.wait(SILENCE_SECONDS)
        drop_connection()
    for status in (500, 503):
        if world.faults.take(f"accept_then_{status}"):
            raise NotifyRefused(status, "Exception", "Internal server error")
    return jsonify(accepted(notification)), 201


def refuse_on_request(world: _World) -> None:
    """Answer as a tester asked for, without taking the message."""
    for fault, refusal in REFUSALS.items():
        if world.faults.take(fault):
            raise NotifyRefused(*refusal)


@v2.get("/notifications/<notification_id>")
def show_notification(notification_id: str) -> ResponseReturnValue:
    if not is_uuid(notification_id):
        raise NotifyRefused(400, "ValidationError", "id is not a valid UUID")
    notification = _world().outbox.get(notification_id.lower())
    if notification is None or notification.service_id != g.service_id:
        raise NotifyRefused(404, "NoResultFound", "No result found")
    return jsonify(_described(notification))


@v2.get("/notifications")
def list_notifications() -> ResponseReturnValue:
    world, asked = _world(), request.args
    template_type, statuses, older_than = asked.get("template_type"), asked.getlist("status"), asked.get("older_than")
    faults = [f"status {status} is not one of [{', '.join(STATUSES)}]" for status in statuses if status not in STATUSES]
    if template_type not in (None, "email", "sms", "letter"):
        faults.append(f"template_type {template_type} is not one of [sms, email, letter]")
    if older_than is not None and not is_uuid(older_than):
        faults.append("older_than is not a valid UUID")
    if faults:
        raise NotifyRefused(400, "ValidationError", *faults)
    found = world.outbox.page(
        now=world.now(), pace=world.pace, service_id=g.service_id, type=template_type, statuses=statuses,
        reference=asked.get("reference"), older_than=older_than,
    )  # fmt: skip
    query: dict[str, Any] = asked.to_dict(flat=False)
    links = {"current": url_for(".list_notifications", _external=True, **query)}
    if found:  # Notify gives a next page as long as this one has anything, and the client counts on it
        query["older_than"] = [found[-1].id]
        links["next"] = url_for(".list_notifications", _external=True, **query)
    return jsonify(notifications=[_described(one) for one in found], links=links)


@v2.get("/templates")
def list_templates() -> ResponseReturnValue:
    wanted = request.args.get("type")
    found = [one for one in _world().templates.values() if wanted in (None, one.type)]
    return jsonify(templates=[described_template(template) for template in found])


@v2.get("/template/<template_id>")
@v2.get("/template/<template_id>/version/<int:version>")
def show_template(template_id: str, version: int | None = None) -> ResponseReturnValue:
    template = _template(template_id)
    if version not in (None, template.version):
        raise NotifyRefused(404, "NoResultFound", "No result found")
    return jsonify(described_template(template))


@v2.post("/template/<template_id>/preview")
def preview_template(template_id: str) -> ResponseReturnValue:
    template = _template(template_id)
    body = _json()
    if not isinstance(body, dict) or not isinstance(body.get("personalisation"), dict):
        raise NotifyRefused(400, "ValidationError", "personalisation is a required property")
    subject, text = fill(template, body["personalisation"])
    html = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n")) if template.type == "email" else None
    return jsonify(
        id=template.id,
        type=template.type,
        version=template.version,
        postage=None,
        subject=subject,
        body=text,
        html=html,
    )


@testers.get("/faults")
def show_faults() -> ResponseReturnValue:
    return jsonify(_world().faults.left())


@testers.post("/faults")
def set_faults() -> ResponseReturnValue:
    counts = _json()
    try:
        _world().faults.set(counts if isinstance(counts, dict) else {str(counts): 0})
    except UnknownFault as unknown:
        return jsonify(error=str(unknown)), 400
    return jsonify(_world().faults.left())


@testers.post("/returned-letters/<notification_id>")
def return_letter(notification_id: str) -> ResponseReturnValue:
    """Let the post bring a letter back, and tell the callback, as Notify does weeks later."""
    world = _world()
    letter = world.outbox.get(notification_id)
    if letter is None or letter.type != "letter":
        return jsonify(error="there is no such letter"), 404
    if world.receipts is None:
        return jsonify(error="there is no callback to tell"), 409
    return jsonify(status=world.receipts.post_returned_letter(letter))


@testers.get("/count")
def show_count() -> ResponseReturnValue:
    return jsonify(_world().outbox.count())


@testers.get("/outbox")
def show_outbox() -> ResponseReturnValue:
    """The messages of all services, newest first, a page at a time: ``?older_than=`` the last id of the page before."""
    world = _world()
    found = world.outbox.page(
        now=world.now(), pace=world.pace, reference=request.args.get("reference"),
        older_than=request.args.get("older_than"), size=max(1, min(request.args.get("limit", PAGE, type=int), PAGE)),
    )  # fmt: skip
    return jsonify(notifications=[{"to": one.recipient, **_described(one)} for one in found])


def _world() -> _World:
    world = current_app.extensions["notify"]
    assert isinstance(world, _World)
    return world


def _json() -> object:
    return request.get_json(force=True, silent=True)


def _described(notification: Notification) -> dict[str, object]:
    return described(notification, _world().now(), _world().pace)


def _template(template_id: str) -> Template:
    if not is_uuid(template_id):
        raise NotifyRefused(400, "ValidationError", "id is not a valid UUID")
    template = _world().templates.get(template_id.lower())
    if template is None:
        raise NotifyRefused(404, "NoResultFound", "No result found")
    return template


def _refused(refused: NotifyRefused) -> tuple[Response, int]:
    return jsonify(status_code=refused.status, errors=refused.errors), refused.status


def _http_error(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    return jsonify(status_code=status, errors=[{"error": error.name, "message": error.description}]), status
