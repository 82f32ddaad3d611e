"""The audit trail: what people and the service did, newest first, and whether the chain that seals it is whole."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.audit_words import told
from payouts.web.pages import actor, id_given, pages, transaction
from schemes.audit import head_of, trail
from schemes.person import names

PAGE = 50


@pages.route("/audit")
@allowed(ANYONE_SIGNED_IN)
def show_audit() -> ResponseReturnValue:
    before = id_given("before")
    subject = id_given("about")
    with transaction() as session:
        events = trail(session, subject_id=subject, before=before, limit=PAGE + 1)
        return render_template(
            "audit/show_audit.html",
            events=told(events[:PAGE], names(session)),
            next_before=events[PAGE - 1].id if len(events) > PAGE else None,
            before=before,
            subject=subject,
            head=head_of(session, actor().body_id),
        )
