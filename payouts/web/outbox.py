"""The sandbox's outbox: the messages that payees would have been sent, asked of the Notify simulator."""

from __future__ import annotations

from flask import abort, g, render_template
from flask.typing import ResponseReturnValue
from notifications_python_client.errors import HTTPError

from payouts.app import NotifyNotSetUp
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.pages import id_given, pages, service

SHOWN = 50


@pages.route("/outbox")
@allowed(ANYONE_SIGNED_IN)
def show_outbox() -> ResponseReturnValue:
    if not g.body.is_sandbox:
        abort(404)
    older_than = id_given("older_than")
    messages, problem = [], ""
    try:
        client = service().notify_client(g.body)
        answer = client.get_all_notifications(older_than=str(older_than) if older_than else None)
        messages = answer["notifications"]
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
