"""Puts the parts together: engine, queue, seals, signer, calendar and clock in one service; the web app upon it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask
from notifications_python_client.notifications import NotificationsAPIClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from bacs.calendar import Calendar
from payouts import logs
from payouts.config import Settings
from payouts.confirmation.client import HttpProvider
from payouts.confirmation.provider import ConfirmationNotSetUp, Provider
from payouts.health import Probe
from payouts.machine_time import must_agree, utc_now
from payouts.tasks.outbox import made_in
from payouts.tasks.queue import Queue
from schemes import database
from schemes.body import Body
from schemes.passkey_signature import Site
from schemes.seal import KeyRing, Seals
from schemes.signer import Signer

Clock = Callable[[], datetime]

log = logging.getLogger(__name__)


class NotifyNotSetUp(Exception):
    """The body has no GOV.UK Notify to send through."""


@dataclass(frozen=True)
class Service:
    """What a request, a job or a command works with. One for each process.

    machine_time: this machine's own clock, which is `now` as well unless another was passed in.
    """

    settings: Settings
    engine: Engine
    queue: Queue
    seals: Seals
    signer: Signer
    now: Clock
    machine_time: Clock = utc_now

    def must_know_the_time(self, session: Session) -> None:
        """Before a decision, and before a task. Raises ClockWrong."""
        must_agree(session, self.machine_time)

    @contextmanager
    def transaction(self, body_id: UUID | None) -> Iterator[Session]:
        """A transaction of one body. Tasks added in it are pushed to the queue once it has committed."""
        with database.transaction(self.engine, body_id) as session:
            yield session
        for task in made_in(session):
            logs.happened("task.asked", body=task.body_id, task=task.task_id)
            self.queue.push(task)

    @cached_property
    def passkey_site(self) -> Site:
        """To whom people's passkeys are given."""
        address = urlsplit(self.settings.base_url)
        return Site(self.settings.passkey_host or address.hostname or "", f"{address.scheme}://{address.netloc}")

    @cached_property
    def probe(self) -> Probe:
        """What a load balancer's question is answered by."""
        return Probe(self.settings.database_url, self.queue, self.machine_time)

    @cached_property
    def calendar(self) -> Calendar:
        """English working days, as Bacs keeps them."""
        return Calendar.england()

    def notify_client(self, body: Body, *, really: bool = False) -> NotificationsAPIClient:
        """The real client: for a sandbox body it talks to the simulator. Raises NotifyNotSetUp.

        really: to the real Notify, whatever the body is.

        Not thread-safe: one for each thread.
        """
        settings = self.settings
        url, key = settings.notify_url, settings.notify_api_key
        if body.is_sandbox and not really:
            url, key = settings.sandbox_notify_url, settings.sandbox_notify_api_key
        if not url or not key:
            raise NotifyNotSetUp(body.name)
        return NotificationsAPIClient(key, base_url=url, timeout=30)

    def confirmation_provider(self, body: Body) -> Provider:
        """Who asks the banks about names: for a sandbox body the simulator. Raises ConfirmationNotSetUp."""
        settings = self.settings
        url, token = settings.confirmation_url, settings.confirmation_token
        if body.is_sandbox:
            url, token = settings.sandbox_confirmation_url, settings.sandbox_confirmation_token
        if not url or not token:
            raise ConfirmationNotSetUp
        # the simulator is near: a proxy set for the outside isn't for it
        return HttpProvider(url, token, timeout=settings.confirmation_timeout, through_proxy=not body.is_sandbox)


def make_service(settings: Settings, *, now: Clock = utc_now, pool_size: int = 5) -> Service:
    """The service of a process, by its settings."""
    return Service(
        settings=settings,
        engine=database.connect(settings.database_url, pool_size=pool_size),
        queue=Queue(settings.redis_url),
        seals=Seals(KeyRing.parse(settings.key_ring), base64.b64decode(settings.fingerprint_key)),
        signer=Signer.parse(settings.signing_key, settings.former_signing_keys),
        now=now,
    )


def create_app(service: Service) -> Flask:
    """The web application: pages, callbacks, and the API beside them."""
    from payouts import callbacks, request_log
    from payouts.api import application
    from payouts.web import health, metrics, site

    app = Flask("payouts.web", static_folder=None)
    app.config["SECRET_KEY"] = service.settings.secret_key
    app.extensions["payouts"] = service
    request_log.register(app, part="pages", counted=bool(service.settings.metrics_token))
    site.register(app)
    callbacks.register(app)
    health.register(app)
    metrics.register(app)
    application.mount(app)
    proxies = service.settings.trusted_proxies
    if proxies:
        # the nearest wrote last: what a caller wrote themselves stands further left, and never counts
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app
