"""The sandbox's outbox: the messages that payees would have been sent, asked of the Notify simulator."""

from __future__ import annotations

from typing import Any

from flask import abort, g, render_template
from flask.typing import ResponseReturnValue
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from payouts.app import NotifyNotSetUp
from payouts.notices import staff, warning
from payouts.notices.connection import sender
from payouts.notices.notice import ours
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.pages import id_given, pages, service, transaction

SHOWN = 50
MOST_ASKED = 20


@pages.route("/outbox")
@allowed(ANYONE_SIGNED_IN)
def show_outbox() -> ResponseReturnValue:
    if not g.body.is_sandbox:
        abort(404)
    older_than = id_given("older_than")
    messages: list[dict[str, Any]] = []
    problem = ""
    try:
        messages = sent_by_this_body(clients(), str(older_than) if older_than else None)
    except NotifyNotSetUp:
        problem = "This installation has no Notify simulator, so notices stay unsent."
    except HTTPError:
        problem = "The Notify simulator does not answer. Notices wait until it does."
    return render_template(
        "outbox/show_outbox.html",
        messages=messages[:SHOWN],
        next_older_than=messages[SHOWN - 1]["id"] if len(messages) > SHOWN else None,
        older_than=older_than,
        problem=problem,
    )


def clients() -> list[NotificationsAPIClient]:
    """Of the services that this body's messages go through: the installation's, and its own. Raises NotifyNotSetUp."""
    with transaction() as session:
        through = sender(session, service(), g.body)
    shared = service().notify_client(g.body)
    return [shared] if through.kind is None else [shared, through.client()]


def sent_by_this_body(clients: list[NotificationsAPIClient], older_than: str | None) -> list[dict[str, Any]]:
    """A page of this body's messages and one more, newest first, of each service that it sends through."""
    found = [message for client in clients for message in sent_through(client, older_than)]
    return sorted(found, key=lambda message: str(message["created_at"]), reverse=True)


def sent_through(client: NotificationsAPIClient, older_than: str | None) -> list[dict[str, Any]]:
    """This body's messages of one service. The installation's bodies share one.

    Asks at most twenty pages of Notify's: behind so many messages of others an older one is not looked for.
    """
    found: list[dict[str, Any]] = []
    for _ in range(MOST_ASKED):
        messages = client.get_all_notifications(older_than=older_than)["notifications"]
        if not messages:
            break
        with transaction() as session:
            references = [message["reference"] or "" for message in messages]
            mine = ours(session, references) | staff.ours(session, references) | warning.ours(session, references)
        found += [message for message in messages if message["reference"] in mine]
        if len(found) > SHOWN:
            break
        older_than = messages[-1]["id"]
    return found
