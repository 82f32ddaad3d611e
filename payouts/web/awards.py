"""An award's page: what it pays, its history, its suspensions, and what will be due."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from payouts.payment_part import overpayments_of, parts_of_award
from payouts.projection import projection
from payouts.recovering import balances
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.award_plot import plot_of
from payouts.web.award_words import said_of
from payouts.web.pages import now, pages, service, transaction
from schemes.amount_rule import Rules, rules_of
from schemes.award import parties_of
from schemes.award_version import history_of, versions_of
from schemes.bank_details import london_day
from schemes.payee import payees_of_ids
from schemes.person import names
from schemes.recovery import recoveries_of
from schemes.suspension import suspensions_of
from schemes.write_off import write_offs_of


@pages.route("/awards/<uuid:award_id>")
@allowed(ANYONE_SIGNED_IN)
def show_award(award_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        parties = parties_of(session, award_id)
        award, history = parties.award, history_of(session, parties.award)
        rules, today = rules_of(session, award.scheme_id), london_day(now())
        coming = projection(history, award.component, rules, service().calendar, today)
        unit = unit_of(rules, award.component)
        later = versions_of(session, award_id)
        made = [(award.made_by, award.made_at, ""), *((one.made_by, one.made_at, one.reason) for one in later)]
        inputs, why = history.state_on(today)
        recoveries = recoveries_of(session, award_id)
        return render_template(
            "awards/show_award.html",
            **parties._asdict(),
            today=today,
            now_said=said_of(inputs, unit),
            why=why,
            payees=payees_of_ids(session, [terms.payee_id for terms in history.terms]),
            payee_today=history.payee_on(today),
            versions=list(zip(history.terms, made, strict=True)),
            said={terms.number: said_of(terms.inputs, unit) for terms in history.terms},
            suspensions=suspensions_of(session, award_id),
            coming=coming,
            plot=plot_of(coming),
            parts=parts_of_award(session, award_id),
            overpayments=overpayments_of(session, award_id),
            component_name=component_name(rules, award.component),
            recoveries=recoveries,
            write_offs=write_offs_of(session, award_id),
            balances=balances(session, recoveries),
            names=names(session),
        )


def unit_of(rules: Rules, component: str) -> str:
    """What the newest rule of a component counts."""
    for definition in rules.definitions:
        found = definition.component(component)
        if found is not None:
            return found.rule.unit
    return ""


def component_name(rules: Rules, component: str) -> str:
    """What the scheme calls what the award is for, by the newest version that has it."""
    found = (definition.component(component) for definition in rules.definitions)
    return next((one.name for one in found if one), component)
