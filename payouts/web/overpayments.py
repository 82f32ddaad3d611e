"""What was paid too much across all awards: what nobody has decided about, and what is being recovered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from payouts.overpaid import overpaid_awards, running
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.pages import id_given, now, pages, transaction


@pages.route("/overpayments")
@allowed(ANYONE_SIGNED_IN)
def show_overpayments() -> ResponseReturnValue:
    after = after_given()
    with transaction() as session:
        awards, following = overpaid_awards(session, after=after)
        return render_template(
            "awards/show_overpayments.html",
            awards=awards,
            now=now(),
            next=url_for("pages.show_overpayments", since=following[0].isoformat(), after=following[1])
            if following
            else None,
            first=url_for("pages.show_overpayments") if after else None,
        )


@pages.route("/recoveries")
@allowed(ANYONE_SIGNED_IN)
def show_recoveries() -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        rows, following = running(session, after=after)
        return render_template(
            "awards/show_recoveries.html",
            rows=rows,
            next=url_for("pages.show_recoveries", after=following) if following else None,
            first=url_for("pages.show_recoveries") if after else None,
        )


def after_given() -> tuple[datetime, UUID] | None:
    """Where a page begins, as the link to it tells."""
    award_id, since = id_given("after"), request.args.get("since", "")
    if award_id is None:
        return None
    try:
        given = datetime.fromisoformat(since)
    except ValueError:
        abort(404)
    if given.tzinfo is None:
        abort(404)
    return given, award_id
