"""The calendar: month by month what is paid, sent and decided when; and each person's own feed of it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from payouts import calendar_feed
from payouts.days_ahead import DayKind, Entry, days_between
from payouts.web.access import ANYONE_SIGNED_IN, PUBLIC, allowed
from payouts.web.figures import clock
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import before_body
from schemes.duties import london_day
from schemes.errors import NotFound

MONTHS_AHEAD = 12

# what is said of an entry, and the colour of its tag
KINDS: dict[DayKind, tuple[str, str]] = {
    DayKind.GATE_DUE: ("Gate deadline", "yellow"),
    DayKind.PLANNED_INPUT: ("Send as planned", "blue"),
    DayKind.LAST_INPUT: ("Last day to send", "red"),
    DayKind.PROCESSING: ("At the bank", "grey"),
    DayKind.PAY_DAY: ("Pay day", "green"),
    DayKind.BANK_HOLIDAY: ("Bank holiday", "purple"),
    DayKind.OFFICE_CLOSED: ("Office closed", "purple"),
    DayKind.NO_RELEASE: ("No releases", "orange"),
}


@pages.route("/calendar")
@allowed(ANYONE_SIGNED_IN)
def show_calendar() -> ResponseReturnValue:
    today = london_day(now())
    months = [first_of(today, number) for number in range(MONTHS_AHEAD + 1)]
    asked = request.args.get("month", "")
    month = next((month for month in months if f"{month:%Y-%m}" == asked), months[0])
    with transaction() as session:
        entries = days_between(session, service().calendar, month, first_of(month, 1) - timedelta(days=1))
    place = months.index(month)
    return render_template(
        "calendar/show_calendar.html",
        month=month,
        days=[(day, list(found)) for day, found in groupby(entries, key=lambda entry: entry.day)],
        kinds=KINDS,
        details=details,
        months=months,
        today=today,
        previous=months[place - 1] if place else None,
        next=months[place + 1] if place < MONTHS_AHEAD else None,
    )


def first_of(day: date, months: int) -> date:
    """The first day of the month that is so many months on."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1)


def details(entry: Entry) -> str:
    """What stands beside an entry's tag: scheme, gate, hour."""
    if entry.kind is DayKind.BANK_HOLIDAY:
        return "No payments move between banks"
    if entry.kind is DayKind.OFFICE_CLOSED:
        return entry.what or "A bank holiday where your offices are"
    if entry.kind is DayKind.NO_RELEASE:
        return "Only what can’t wait is released" if entry.what else "Nothing is released"
    gate = f"{entry.what}, " if entry.what else ""
    by = f", by {clock(entry.at)}" if entry.at else ""
    return f"{gate}{entry.scheme}{by}"


@pages.route("/account/calendar")
@allowed(ANYONE_SIGNED_IN)
def show_calendar_feed() -> ResponseReturnValue:
    with transaction() as session:
        feed = calendar_feed.feed_of(session, actor().person_id)
    return render_template("account/calendar_feed.html", feed=feed, address="")


@pages.route("/account/calendar/renew", methods=["POST"])
@allowed(ANYONE_SIGNED_IN)
def renew_calendar_feed() -> ResponseReturnValue:
    """Show the new address once: only its digest is kept."""
    with transaction() as session:
        token = calendar_feed.renew(session, by=actor(), at=now())
        feed = calendar_feed.feed_of(session, actor().person_id)
    address = f"{service().settings.base_url}{url_for('pages.calendar_feed_file', token=token)}"
    return render_template("account/calendar_feed.html", feed=feed, address=address)


@pages.route("/account/calendar/end", methods=["POST"])
@allowed(ANYONE_SIGNED_IN)
def end_calendar_feed() -> ResponseReturnValue:
    with transaction() as session:
        calendar_feed.end(session, by=actor(), at=now())
    flash("The address of your calendar works no more")
    return redirect(url_for("pages.show_calendar_feed"), 303)


@pages.route("/calendar/<token>.ics")
@allowed(PUBLIC)
def calendar_feed_file(token: str) -> ResponseReturnValue:
    """For a calendar program, which does not sign in. Somebody who left the body sees it no more."""
    given = service()
    with given.transaction(None) as session:
        found = before_body.calendar_feed(session, calendar_feed.digest_of(token))
    if found is None:
        raise NotFound("calendar", "this address")
    with given.transaction(found.body_id) as session:
        content = calendar_feed.written(
            session, given.calendar, made_at=found.made_at, base_url=given.settings.base_url, now=now()
        )
    response = Response(content, mimetype="text/calendar")
    response.headers.set("Content-Disposition", "inline", filename="payments.ics")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    g.cacheable = True
    return response.make_conditional(request)
