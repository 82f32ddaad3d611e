"""A new scheme, or a new version of one: proposed by one person, confirmed by another, in force from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import change, scheme
from schemes.bank_profile import newest_profile
from schemes.change import Change, ChangeKind
from schemes.definition import Definition, definition_from, definition_json, faults_of, follows_on, successor_faults
from schemes.errors import FieldsRefused, Refused
from schemes.period import begins_on
from schemes.person import Actor, Role
from schemes.scheme import Scheme, get_scheme
from schemes.scheme_version import SchemeVersion, add_version, in_effect, versions_of

PROPOSERS = (Role.ADMINISTRATOR, Role.PREPARER)
CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE)


class FromDay(StrEnum):
    """Why a version cannot count from a day."""

    NO_PERIOD_BEGINS = "no_period_begins"
    PERIODS_CUT = "periods_cut"
    BEFORE_THE_FIRST = "before_the_first"


class FromDayRefused(Refused):
    """A day from which a version cannot count. A period would be cut, or a day be in two."""

    def __init__(self, why: FromDay, day: date) -> None:
        super().__init__(f"a version cannot count from {day}: {why}")
        self.why = why
        self.day = day


def propose(
    session: Session,
    definition: Definition,
    *,
    change_id: UUID,
    scheme_id: UUID,
    effective_from: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose a version of a scheme, or under a new id a new scheme. The same change id again is the same proposal.

    Raises NotAllowed, FieldsRefused, CodeTaken, FromDayRefused, NotFound for the account to pay from, and whatever
    `change.propose` refuses.
    """
    by.must_be(*PROPOSERS)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    versions = versions_of(session, scheme_id)
    if versions:
        by.must_be(*PROPOSERS, scheme=scheme_id)
    else:
        scheme.must_be_free(session, definition.code)
    must_fit(session, definition, versions[0].definition if versions else None)
    must_follow_on(definition, versions, effective_from)
    return change.propose(
        session,
        ChangeKind.SCHEME,
        change_id=change_id,
        subject_id=scheme_id,
        before=facts_now(session, scheme_id),
        after=facts(session, definition, effective_from),
        reason=reason,
        by=by,
        at=at,
    )


def must_fit(session: Session, definition: Definition, before: Definition | None) -> None:
    """Raises FieldsRefused with all that is wrong, NotFound for an account to pay from that is not the body's."""
    faults = faults_of(definition)
    if before is not None:
        faults += successor_faults(before, definition)
    if faults:
        raise FieldsRefused("scheme", faults)
    newest_profile(session, definition.bank_profile_id)


def must_follow_on(definition: Definition, versions: Sequence[SchemeVersion], day: date) -> None:
    """Raises FromDayRefused unless a period begins on the day, and none of the version before it is cut."""
    if not begins_on(definition.schedule, day):
        raise FromDayRefused(FromDay.NO_PERIOD_BEGINS, day)
    if not versions:
        return
    if day < versions[-1].effective_from:
        raise FromDayRefused(FromDay.BEFORE_THE_FIRST, day)
    before = in_effect(versions, day - timedelta(days=1))
    if before is not None and not follows_on(before.definition.schedule, definition.schedule, day):
        raise FromDayRefused(FromDay.PERIODS_CUT, day)


def facts(session: Session, definition: Definition, effective_from: date) -> dict[str, Any]:
    """A version as a proposal's facts, with the name of the account for whoever reads them."""
    profile = newest_profile(session, definition.bank_profile_id)
    return {
        "effective_from": effective_from.isoformat(),
        "pays_from": profile.name,
        "definition": definition_json(definition),
    }


def facts_now(session: Session, scheme_id: UUID) -> dict[str, Any]:
    """The newest version as a proposal's facts; none of a scheme that is not there yet."""
    versions = versions_of(session, scheme_id)
    return facts(session, versions[0].definition, versions[0].effective_from) if versions else {}


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Make what was confirmed a version, and the scheme if it is new. Raises CodeTaken."""
    definition = definition_from(confirmed.after["definition"])
    effective_from = date.fromisoformat(confirmed.after["effective_from"])
    if not confirmed.before:
        scheme.add(
            session,
            definition,
            scheme_id=confirmed.subject_id,
            effective_from=effective_from,
            change_id=confirmed.id,
            by=by,
            at=at,
        )
        return
    found: Scheme = get_scheme(session, confirmed.subject_id, lock=True)
    number = found.version + 1
    add_version(
        session,
        found.id,
        definition,
        number=number,
        effective_from=effective_from,
        change_id=confirmed.id,
        by=by,
        at=at,
    )
    found.take_over(definition, number)
    session.flush()
