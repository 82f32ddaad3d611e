"""The sandbox's payees and accounts for every outcome, on one page."""

from __future__ import annotations

from flask import abort, g, render_template
from flask.typing import ResponseReturnValue

from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.magic_words import chapters
from payouts.web.pages import pages


@pages.route("/sandbox")
@allowed(ANYONE_SIGNED_IN)
def show_magic() -> ResponseReturnValue:
    if not g.body.is_sandbox:
        abort(404)
    return render_template("outbox/show_magic.html", chapters=chapters())
