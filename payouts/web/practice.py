"""The practice colleagues of a sandbox: their codes, and working as one of them in the same browser."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from payouts.first_hour import practice
from payouts.web import words
from payouts.web.access import BODY, EVERY_ROLE, OWN, TOKEN, allowed, safe_next
from payouts.web.enrolment import browser_name
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import sign_in
from schemes.errors import NotFound, Refused
from schemes.person import Actor, Role, names


@pages.route("/practice")
@allowed(EVERY_ROLE)
def show_practice() -> ResponseReturnValue:
    if not g.body.is_sandbox:
        abort(404)
    with transaction() as transacted:
        colleagues = practice.colleagues(transacted, service().seals.ring, at=now())
    onward = safe_next(request.args.get("next")) or url_for("pages.show_first_payroll")
    return render_template("first_hour/show_practice.html", colleagues=colleagues, onward=onward)


@pages.route("/practice", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def set_sandbox_up() -> ResponseReturnValue:
    """Give the sandbox its practice colleagues and an account to pay from."""
    try:
        with transaction() as transacted:
            added = practice.add_colleagues(transacted, service().seals.ring, by=actor(), at=now())
            practice.add_account(transacted, service().seals, by=actor(), at=now())
        flash(f"{added} practice colleagues work with you now" if added else "Your practice colleagues are there")
    except practice.OnlyInASandbox as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_first_payroll"), 303)


@pages.route("/practice/<uuid:person_id>", methods=["POST"])
@allowed(EVERY_ROLE)
def work_as(person_id: UUID) -> ResponseReturnValue:
    """Go on in this browser as a practice colleague; one's own session waits until one goes back."""
    own = myself()
    onward = safe_next(request.form.get("next")) or url_for("pages.home")
    try:
        with transaction() as transacted:
            signed_in = practice.work_as(transacted, person_id, by=own, browser=browser_name(), at=now())
            name = names(transacted)[person_id]
    except NotFound:
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
        return redirect(onward, 303)
    end_practice()
    session.setdefault(OWN, session[TOKEN])
    session[TOKEN], session[BODY] = signed_in.token, str(own.body_id)
    flash(f"You work as {name} now")
    return redirect(onward, 303)


def myself() -> Actor:
    """Whoever really sits here, who must belong to this body: the one whose own session it is, kept awake by this."""
    if OWN not in session:
        return actor()
    with service().transaction(None) as transacted:
        person = sign_in.signed_in_person(transacted, session[OWN], at=now())
        held = sign_in.memberships(transacted, person.id) if person else []
    for membership in held:
        if person and membership.body_id == actor().body_id:
            return sign_in.actor(person, membership)
    return actor()


def end_practice() -> None:
    """End the session of the colleague as whom somebody worked."""
    if OWN in session:
        with service().transaction(None) as transacted:
            sign_in.sign_out(transacted, session[TOKEN], at=now())


@pages.route("/practice/back", methods=["POST"])
@allowed(EVERY_ROLE)
def be_oneself_again() -> ResponseReturnValue:
    end_practice()
    if OWN in session:
        session[TOKEN] = session.pop(OWN)
    return redirect(safe_next(request.form.get("next")) or url_for("pages.show_first_payroll"), 303)


def who_practises() -> dict[str, Any]:
    """For every page: whether somebody works as a practice colleague, and whether they are one."""
    person = g.get("person")
    return {"works_as": OWN in session, "practises": bool(person) and person.email.endswith(f"@{practice.DOMAIN}")}


def register(app: Flask) -> None:
    app.context_processor(who_practises)
