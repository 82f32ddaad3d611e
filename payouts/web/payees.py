"""A payee's page: whose money they receive, how they are reached and paid, and into which account."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from payouts.payment import payments_to
from payouts.payment_item import items_of
from payouts.web.access import EVERY_ROLE, allowed, may_see
from payouts.web.bank_details import rules_of, states_of
from payouts.web.confirmations import versions
from payouts.web.duplicates import of_payee
from payouts.web.pages import now, pages, service, transaction
from schemes.account import accounts_of
from schemes.award_version import awards_paid_to
from schemes.bank_details import london_day
from schemes.contact import contacts_of
from schemes.hold import holds_of
from schemes.letter_address import letter_address
from schemes.note import notes_of
from schemes.payee import beneficiaries_of, get_payee
from schemes.person import names
from schemes.scheme import schemes_of_body


@pages.route("/payees/<uuid:payee_id>")
@allowed(EVERY_ROLE)
def show_payee(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        accounts = accounts_of(session, payee.id)
        beneficiaries, contacts = beneficiaries_of(session, payee), contacts_of(session, payee.id)
        states = states_of(session, payee.id, accounts)
        payments = payments_to(session, payee.id)
        return render_template(
            "payees/show_payee.html",
            payee=payee,
            beneficiaries=beneficiaries,
            letters={
                mandate.id: letter_address(payee, beneficiary, mandate.capacity, contacts)
                for beneficiary, mandate in beneficiaries
            },
            accounts=accounts,
            rules=rules_of(session, accounts),
            states=states,
            confirmations=versions(session, accounts, states),
            holds_here=holds_of(session, payee.id),
            awards=awards_paid_to(session, payee.id),
            scheme_names={scheme.id: scheme.name for scheme in schemes_of_body(session)},
            payments=payments,
            together=items_of(session, payments),
            duplicates_here=of_payee(session, payee, [beneficiary for beneficiary, _ in beneficiaries]),
            notes=notes_of(session, service().seals, payee) if may_see("pages.show_history") else [],
            today=london_day(now()),
            names=names(session),
        )
