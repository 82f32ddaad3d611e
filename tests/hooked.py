"""Webhooks for tests: of a key that may read, set up by an administrator."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from payouts.tasks import clock as ticking
from payouts.webhooks import sending, signing, webhook
from payouts.webhooks.delivery import Delivery
from payouts.webhooks.replaying import send_test
from schemes.api_key import Scope
from schemes.database import new_id
from tests.keys import a_key, an_administrator
from tests.office import Office


class Hooked(NamedTuple):
    """A webhook, its key, and its first secret."""

    id: UUID
    key_id: UUID
    secret: str


def a_webhook(office: Office, url: str = "https://192.0.2.1/", **terms: Any) -> Hooked:
    """A webhook from now on; the operator lets it go to its address, which is nobody's unless one is given."""
    by, at = an_administrator(office), office.service.now()
    key_id = terms.pop("key_id", None) or a_key(office, Scope.READ).id
    ticking.link_audit(office.service)
    with office.transaction() as session:
        rules = sending.rules_of(session, office.service)
        facts = {"rules": rules, "by": by, "at": at, "look_up": lambda host, port: ["8.8.8.8"], **terms}
        if office.service.settings.webhook_hosts:
            del facts["look_up"]
        made = webhook.add(session, webhook_id=new_id(), key_id=key_id, url=url, **facts)
        secret = signing.take(session, office.service.seals, made, secret_id=new_id(), by=by, at=at)
    assert secret
    return Hooked(made.id, key_id, secret)


def a_delivery(office: Office, webhook_id: UUID) -> Delivery:
    """A test message that waits."""
    with office.transaction() as session:
        found = webhook.get_webhook(session, webhook_id, lock=True)
        return send_test(session, found, by=an_administrator(office), at=office.service.now())
