"""What a confirmed promotion does: each item takes effect as a change of its own kind would, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.exports import codes, own_profile
from payouts.going_live import promotion
from payouts.going_live.promoted_account import has_seen_accounts
from payouts.going_live.setup import Facts, Section
from payouts.notices import settings, staff_wording, wording
from schemes import (
    audit,
    body_details,
    check_settings,
    cooling_off,
    invitation,
    name_policy,
    office_days,
    passkey_rule,
    scheme_change,
)
from schemes.bank_profile import BankProfile
from schemes.bank_profile_change import AccountNotSeen
from schemes.body import DutyPattern, get_body
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import new_id
from schemes.person import Actor
from schemes.scheme import scheme_of_code

Told = dict[str, Any]
"""An item of a promotion as it is kept."""


def part_of(confirmed: Change, kind: ChangeKind, subject_id: UUID, before: Facts, after: Facts) -> Change:
    """An item as a change of its own kind: never a row, under the promotion's id, so that what it makes names that."""
    return Change(
        body_id=confirmed.body_id,
        id=confirmed.id,
        kind=kind,
        subject_id=subject_id,
        before=before,
        after=after,
        reason=confirmed.reason,
        proposed_by=confirmed.proposed_by,
        proposed_at=confirmed.proposed_at,
    )


Apply = Callable[[Session, Change, Actor, datetime], None]


def as_itself(kind: ChangeKind, apply: Apply) -> Callable[[Session, Change, Told, Actor, datetime], None]:
    """For what is one in a body, and says the same in both."""

    def carry(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
        apply(session, part_of(confirmed, kind, confirmed.body_id, told["before"], told["after"]), by, at)

    return carry


def carry_detail(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    body = get_body(session)
    given = {name: getattr(body, name) for name in ("name", "colour", "contact_email", "contact_phone")}
    body_details.set_details(session, **{**given, told["key"]: told["after"]["is"]}, by=by, at=at)


def carry_duties(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    """The pattern alone: a cover that runs goes on."""
    body = get_body(session)
    body.duty_pattern = DutyPattern(told["after"]["pattern"])
    session.flush()
    audit.record(session, "body.duties_set", by=by, about=body, at=at, pattern=body.duty_pattern.value)


def carry_profile(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    row = session.get_one(BankProfile, (confirmed.body_id, UUID(told["profile_id"])))
    row.confirmed_at = at
    session.flush()
    act = "bank_profile.changed" if told["before"] else "bank_profile.added"
    audit.record(session, act, by=by, about=row, at=at, version=row.version)


def carry_scheme(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    after = {"definition": told["definition"], "effective_from": told["effective_from"]}
    part = part_of(confirmed, ChangeKind.SCHEME, UUID(told["scheme_id"]), told["before"], after)
    scheme_change.apply(session, part, by, at)


def carry_checks(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    scheme_id = scheme_of_code(session, told["key"]).id
    part = part_of(confirmed, ChangeKind.CHECKS, scheme_id, told["before"], told["after"])
    check_settings.apply(session, part, by, at)


def carry_wording(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    code = told["after"]["scheme"]
    after = {**told["after"], "scheme_id": str(scheme_of_code(session, code).id) if code else ""}
    wording.apply(session, part_of(confirmed, ChangeKind.NOTICE_WORDING, confirmed.body_id, {}, after), by, at)


def carry_codes(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    """The codes of the live body's own bank accounts stay."""
    kept = codes.newest_codes(session)
    after = {"codes": {**(kept.codes if kept else {}), **told["after"]["codes"]}}
    codes.apply(session, part_of(confirmed, ChangeKind.LEDGER_CODES, confirmed.body_id, {}, after), by, at)


def carry_layout(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    lines = {one.name: one.line_id for one in own_profile.own_profiles(session)}
    line_id = lines.get(told["key"]) or new_id()
    part = part_of(confirmed, ChangeKind.EXPORT_PROFILE, line_id, told["before"], told["after"])
    own_profile.apply(session, part, by, at)


def carry_person(session: Session, confirmed: Change, told: Told, by: Actor, at: datetime) -> None:
    """An invitation, which they accept themselves."""
    part = part_of(confirmed, ChangeKind.INVITATION, UUID(told["invitation_id"]), {}, told["after"])
    invitation.apply_invitation(session, part, by, at)


CARRY: dict[Section, Callable[[Session, Change, Told, Actor, datetime], None]] = {
    Section.DETAILS: carry_detail,
    Section.RETENTION: as_itself(ChangeKind.RETENTION, body_details.apply_retention),
    Section.DUTIES: carry_duties,
    Section.COOLING_OFF: as_itself(ChangeKind.COOLING_OFF, cooling_off.apply),
    Section.NAME_POLICY: as_itself(ChangeKind.NAME_POLICY, name_policy.apply),
    Section.PASSKEYS: as_itself(ChangeKind.PASSKEYS, passkey_rule.apply),
    Section.OFFICE_DAYS: as_itself(ChangeKind.OFFICE_DAYS, office_days.apply),
    Section.BANK_PROFILE: carry_profile,
    Section.SCHEME: carry_scheme,
    Section.CHECKS: carry_checks,
    Section.NOTICE_SETTINGS: as_itself(ChangeKind.NOTICE_SETTINGS, settings.apply),
    Section.NOTICE_WORDING: carry_wording,
    Section.STAFF_WORDING: as_itself(ChangeKind.STAFF_WORDING, staff_wording.apply),
    Section.LEDGER_CODES: carry_codes,
    Section.EXPORT_PROFILE: carry_layout,
    Section.PERSON: carry_person,
}


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Carry every item over, in the order of the sections. Raises AccountNotSeen, and as each kind does."""
    if not has_seen_accounts(session, confirmed, by):
        raise AccountNotSeen
    listed = sorted(confirmed.after["items"], key=lambda told: list(Section).index(Section(told["section"])))
    for told in listed:
        CARRY[Section(told["section"])](session, confirmed, told, by, at)
    audit.record(session, "body.promoted", by=by, about=confirmed, at=at, items=len(listed))


EFFECTS[ChangeKind.PROMOTION] = Effect(promotion.CONFIRMERS, promotion.now_there, apply)
