"""The register's pages: find a payee, and see whose money they receive and into which account."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from payouts.payment import payments_to
from payouts.web.access import EVERY_ROLE, allowed
from payouts.web.bank_details import states_of
from payouts.web.confirmations import versions
from payouts.web.duplicates import of_payee
from payouts.web.pages import pages, transaction
from schemes.account import accounts_of
from schemes.award import awards_of
from schemes.hold import holds_of
from schemes.payee import beneficiaries_of, count_payees, find_payees, get_payee
from schemes.person import names

PAGE = 50


@pages.route("/payees")
@allowed(EVERY_ROLE)
def show_payees() -> ResponseReturnValue:
    search = request.args.get("search", "").strip()[:140]
    after = request.args.get("after", "")[:40] or None
    with transaction() as session:
        found = find_payees(session, search=search, after=after, limit=PAGE + 1)
        return render_template(
            "payees/show_payees.html",
            payees=found[:PAGE],
            next_after=found[PAGE - 1].reference if len(found) > PAGE else None,
            after=after,
            search=search,
            total=count_payees(session),
        )


@pages.route("/payees/<uuid:payee_id>")
@allowed(EVERY_ROLE)
def show_payee(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        accounts = accounts_of(session, payee.id)
        states = states_of(session, payee.id, accounts)
        return render_template(
            "payees/show_payee.html",
            payee=payee,
            beneficiaries=beneficiaries_of(session, payee),
            accounts=accounts,
            states=states,
            confirmations=versions(session, accounts, states),
            holds_here=holds_of(session, payee.id),
            awards=awards_of(session, payee.id),
            payments=payments_to(session, payee.id),
            duplicates_here=of_payee(session, payee),
            names=names(session),
        )
