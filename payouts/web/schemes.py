"""A scheme's page: what it pays for, how often, within which limits, and who decides its gates."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from payouts.web.access import EVERY_ROLE, allowed
from payouts.web.pages import pages, transaction
from schemes.bank_profile import newest_profile
from schemes.payee import count_payees
from schemes.person import people
from schemes.scheme import gate_rules, get_scheme, schemes_of_body


@pages.route("/schemes")
@allowed(EVERY_ROLE)
def show_schemes() -> ResponseReturnValue:
    with transaction() as session:
        schemes = schemes_of_body(session)
    if len(schemes) == 1:
        return redirect(url_for("pages.show_scheme", scheme_id=schemes[0].id), 303)
    return render_template("schemes/show_schemes.html", schemes=schemes)


@pages.route("/schemes/<uuid:scheme_id>")
@allowed(EVERY_ROLE)
def show_scheme(scheme_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        able: dict[str, list[str]] = {}
        for person, roles in people(session, scheme_id=scheme_id):
            for role in roles:
                able.setdefault(role, []).append(person.name)
        return render_template(
            "schemes/show_scheme.html",
            scheme=scheme,
            gates=gate_rules(session, scheme),
            able=able,
            profile=newest_profile(session, scheme.bank_profile_id),
            payees=count_payees(session),
        )
