"""The notices of a payroll, what did not arrive and what to do about it; and everything that one payee was told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.notices import again, forecast, settings
from payouts.notices.connection import connection_of
from payouts.notices.notice import NoticeStatus, counts_of
from payouts.notices.preview import as_told
from payouts.payroll import Payroll, get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count, number
from payouts.web.forecast_words import forecast_rows, forecast_warnings
from payouts.web.form import Form, MadeField
from payouts.web.notice_words import EVENTS, NOTICES, STATUS_TAGS, WAYS, error_words
from payouts.web.notify_words import limited_key
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from schemes.errors import NotNow
from schemes.payee import get_payee
from schemes.person import Role

PAGE = 50
READERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR, Role.AUDITOR)


class CountNotices(Form):
    count_id = MadeField()


def notice_facts(session: Session, payroll: Payroll) -> dict[str, Any]:
    """What a payroll's own page says of its notices: how they are going, or that not everybody will be told."""
    counts = counts_of(session, payroll.id)
    return {
        "notices": [[NOTICES[status], number(counts[status])] for status in NOTICES if status in counts],
        "told_later": payroll.status in forecast.COUNTED_IN,
        "not_all_told": limited_key(connection_of(session)),
    }


@pages.route("/payrolls/<uuid:payroll_id>/notices")
@allowed(ANYONE_SIGNED_IN)
def show_notices(payroll_id: UUID) -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        standing = again.standing_of(session, service(), payroll_id)
        rows = again.unreached(session, payroll_id, after=after, limit=PAGE + 1)
        to_come = payroll.status in forecast.COUNTED_IN
        ahead = forecast.forecast(session, service(), payroll_id) if to_come else None
        return render_template(
            "notices/show_notices.html",
            payroll=payroll,
            counts=[
                [NOTICES[status], number(standing.counts[status])] for status in NOTICES if status in standing.counts
            ],
            reasons=[[error_words(status, why), number(many)] for (status, why), many in standing.reasons.items()],
            standing=standing,
            to_come=to_come,
            count_form=CountNotices(),
            counted_at=ahead.counted_at if ahead else None,
            ahead=forecast_rows(ahead) if ahead else [],
            warnings=forecast_warnings(ahead) if ahead else [],
            quiet_until=settings.current(session).texts_again_at(now()),
            rows=rows[:PAGE],
            next_after=rows[PAGE - 1].notice.id if len(rows) > PAGE else None,
            after=after,
            events=EVENTS,
            ways=WAYS,
            error_words=error_words,
            may_act=any(actor().holds(role, payroll.scheme_id) for role in again.SENDERS),
        )


@pages.post("/payrolls/<uuid:payroll_id>/notices/count")
@allowed(*again.SENDERS)
def count_notices(payroll_id: UUID) -> ResponseReturnValue:
    form = CountNotices()
    if form.validate_on_submit():
        with transaction() as session:
            payroll = get_payroll(session, payroll_id)
            forecast.ask_again(session, payroll, count_id=form.count_id.id_of_what_is_made, by=actor(), at=now())
        flash("They are being counted. Load this page again in a moment")
    return redirect(url_for("pages.show_notices", payroll_id=payroll_id), 303)


@pages.post("/payrolls/<uuid:payroll_id>/notices/again")
@allowed(*again.SENDERS)
def send_notices_again(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        sent = again.send_failed_again(session, service(), payroll, by=actor(), at=now())
    if sent:
        flash(f"{count(sent, 'notice is', 'notices are')} sent again. Whoever got theirs gets nothing")
    else:
        flash("Nothing is left to be sent again: tell them by phone, or add another way to reach them", "refused")
    return redirect(url_for("pages.show_notices", payroll_id=payroll_id), 303)


@pages.post("/payrolls/<uuid:payroll_id>/notices/<uuid:notice_id>/told")
@allowed(*again.SENDERS)
def note_payee_told(payroll_id: UUID, notice_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            again.note_told(session, get_payroll(session, payroll_id), notice_id, by=actor(), at=now())
    except NotNow as refused:
        flash(words.sentence(refused), "refused")
    else:
        flash("You recorded that the payee was told")
    return redirect(url_for("pages.show_notices", payroll_id=payroll_id), 303)


@pages.route("/payees/<uuid:payee_id>/messages")
@allowed(*READERS)
def show_payee_messages(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        told = []
        for notice in again.notices_of(session, payee_id, limit=PAGE):
            payroll = get_payroll(session, notice.payroll_id)
            told.append((notice, payroll, as_told(session, service(), notice, payee, payroll)))
        return render_template(
            "notices/show_payee_messages.html",
            payee=payee,
            told=told,
            events=EVENTS,
            ways=WAYS,
            tags=STATUS_TAGS,
            error_words=error_words,
            unsaid=(NoticeStatus.HELD_BACK, NoticeStatus.NO_ADDRESS),
        )
