"""All names of the register: check them with the banks in the background, and work through the answers by class."""

from __future__ import annotations

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from payouts.confirmation import asking, run
from payouts.confirmation.asking import ASKERS
from payouts.confirmation.work_list import answered
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.confirmation_words import OUTCOMES
from payouts.web.confirmations import state_of
from payouts.web.pages import actor, id_given, pages, service, transaction
from schemes import name_policy
from schemes.errors import NotAllowed, Refused
from schemes.name_policy import Outcome

PAGE = 50
# what somebody has to look at first
ORDER = (Outcome.NO_MATCH, Outcome.SWITCHED, Outcome.CLOSE, Outcome.UNABLE, Outcome.MATCH)


@pages.route("/names")
@allowed(ANYONE_SIGNED_IN)
def show_names() -> ResponseReturnValue:
    asked = request.args.get("answer", "")
    outcome = Outcome(asked) if asked in list(Outcome) else Outcome.NO_MATCH
    after = id_given("after")
    here = url_for("pages.show_names", answer=outcome.value)
    with transaction() as session:
        found = answered(session, outcome, after=after, limit=PAGE + 1)
        going_on = run.latest(session, None)
        progress = run.progress_of(session, going_on) if going_on else None
        return render_template(
            "confirmations/show_names.html",
            outcome=outcome,
            lists=[(url_for("pages.show_names", answer=one.value), OUTCOMES[one][0], one) for one in ORDER],
            rows=found[:PAGE],
            next=f"{here}&after={found[PAGE - 1].account.id}" if len(found) > PAGE else None,
            first=here if after else None,
            here=here,
            state=state_of(progress) if progress and progress.running else None,
            stopped=progress is not None and not progress.running and not progress.ended,
            good_for_days=name_policy.current(session).good_for_days,
        )


@pages.route("/names/check", methods=["POST"])
@allowed(*ASKERS)
def check_register_names() -> ResponseReturnValue:
    try:
        with transaction() as session:
            asking.ask_all(service(), session, None, by=actor())
    except NotAllowed:
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_names"), 303)


@pages.route("/names/check/progress")
@allowed(ANYONE_SIGNED_IN)
def register_names_progress() -> ResponseReturnValue:
    with transaction() as session:
        going_on = run.latest(session, None)
        return jsonify(state_of(run.progress_of(session, going_on) if going_on else None))
