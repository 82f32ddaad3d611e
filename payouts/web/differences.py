"""A payroll's difference to the last one: by cause, as a table and a waterfall, and each cause payee by payee."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import NamedTuple
from uuid import UUID

from flask import abort, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.difference.comparison import (
    Comparison,
    ComparisonCause,
    Unexplained,
    against,
    causes_of,
    comparison_of,
    lines_of_cause,
    unexplained,
)
from payouts.difference.explanation import Cause
from payouts.difference.export import write_csv
from payouts.payroll import Payroll, get_payroll
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.difference_words import CAUSES
from payouts.web.pages import actor, id_given, now, pages, transaction
from payouts.web.waterfall import Waterfall, waterfall_of

PAGE = 50
IN_MEMORY = 16 * 1024 * 1024


class Shown(NamedTuple):
    """A payroll's difference as its pages show it; `last` is None where there is no payroll to compare with."""

    comparison: Comparison
    causes: list[ComparisonCause]
    last: Payroll | None
    missed: Unexplained

    @property
    def plot(self) -> Waterfall | None:
        """The way from one total to the other; None where a payment belongs to no award, and it would not arrive."""
        comparison = self.comparison
        if self.last is None or not self.causes or comparison.stray_count:
            return None
        then = (f"Payroll {self.last.number}", comparison.then_pence)
        steps = [(CAUSES[cause.cause].title, cause.pence) for cause in self.causes]
        return waterfall_of(then, steps, ("This payroll", comparison.now_pence))


def difference_of(session: Session, payroll: Payroll) -> Shown | None:
    """What is shown of a payroll's difference; None before it was compared."""
    comparison = comparison_of(session, payroll.id)
    if comparison is None or not comparison.is_done or comparison.build != payroll.build:
        return None
    causes = causes_of(session, payroll.id)
    return Shown(comparison, causes, against(session, comparison), unexplained(session, comparison))


@pages.route("/payrolls/<uuid:payroll_id>/difference")
@allowed(ANYONE_SIGNED_IN)
def show_difference(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template(
            "payroll/show_difference.html", payroll=payroll, difference=difference_of(session, payroll)
        )


@pages.route("/payrolls/<uuid:payroll_id>/difference/<cause>")
@allowed(ANYONE_SIGNED_IN)
def show_cause(payroll_id: UUID, cause: str) -> ResponseReturnValue:
    """The awards of one cause. Against no payroll everybody starts: they are the payments."""
    after = id_given("after")
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        shown = difference_of(session, payroll)
        found = next((one for one in shown.causes if one.cause == cause), None) if shown else None
        if shown is None or found is None:
            abort(404)
        if (shown.last is None and found.cause is Cause.STARTERS) or found.cause is Cause.REISSUES:
            return redirect(url_for("pages.show_payments", payroll_id=payroll_id))
        if found.cause in (Cause.ONE_OFFS, Cause.ONE_OFFS_LAST_TIME):
            of = payroll if found.cause is Cause.ONE_OFFS else shown.last
            return redirect(url_for("pages.show_one_offs", payroll=of.id if of else None))
        rows = lines_of_cause(session, payroll_id, found.cause, after=after, limit=PAGE + 1)
        return render_template(
            "payroll/show_cause.html",
            payroll=payroll,
            last=shown.last,
            cause=found,
            rows=rows[:PAGE],
            next_after=rows[PAGE - 1].line.award_id if len(rows) > PAGE else None,
            after=after,
        )


@pages.route("/payrolls/<uuid:payroll_id>/difference/file", methods=["POST"])
@allowed(ANYONE_SIGNED_IN)
def take_difference(payroll_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who took it out."""
    # a million lines do not fit into memory; Flask closes the file once it is sent
    kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        write_csv(session, payroll, to=kept, by=actor(), at=now())
    kept.seek(0)
    name = f"difference-payroll-{payroll.number:04d}.csv"
    return send_file(kept, mimetype="text/csv", as_attachment=True, download_name=name)
