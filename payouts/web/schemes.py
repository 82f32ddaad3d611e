"""Schemes: the list, and a scheme's page with its versions, its gates and the pay days to come."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from payouts.web import words
from payouts.web.access import EVERY_ROLE, allowed
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.scheme_words import definition_rows
from schemes.bank_details import london_day
from schemes.bank_profile import newest_profile
from schemes.change import ChangeKind, waiting, waiting_of
from schemes.person import people
from schemes.scheme import get_scheme, schemes_of_body
from schemes.scheme_change import PROPOSERS
from schemes.scheme_draft import open_drafts
from schemes.scheme_version import coming, in_effect, versions_of

YEAR = timedelta(days=365)


def may_write() -> bool:
    return bool(actor().roles.intersection(PROPOSERS))


@pages.route("/schemes")
@allowed(EVERY_ROLE)
def show_schemes() -> ResponseReturnValue:
    with transaction() as session:
        schemes = schemes_of_body(session)
        known = {scheme.id for scheme in schemes}
        return render_template(
            "schemes/show_schemes.html",
            schemes=schemes,
            may_write=may_write(),
            drafts=[draft for draft in open_drafts(session) if draft.scheme_id not in known],
            waiting=[
                change
                for change in waiting(session)
                if change.kind is ChangeKind.SCHEME and change.subject_id not in known
            ],
        )


@pages.route("/schemes/<uuid:scheme_id>")
@allowed(EVERY_ROLE)
def show_scheme(scheme_id: UUID) -> ResponseReturnValue:
    today = london_day(now())
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        versions = versions_of(session, scheme.id)
        version = in_effect(versions, today) or versions[-1]
        definition = version.definition
        able: dict[str, list[str]] = {}
        for person, roles in people(session):
            for role in roles:
                able.setdefault(role, []).append(person.name)
        return render_template(
            "schemes/show_scheme.html",
            scheme=scheme,
            versions=versions,
            version=version,
            definition=definition,
            rows=definition_rows(definition, words.ROLES, gates=False).items(),
            able=able,
            profile=newest_profile(session, definition.bank_profile_id),
            may_write=may_write(),
            drafts=open_drafts(session, scheme.id),
            waiting=waiting_of(session, ChangeKind.SCHEME, scheme.id),
            periods=list(coming(versions, today, today + YEAR, service().calendar)),
            today=today,
        )
