"""What a confirmed change does, by its kind: who may confirm it, what stands there now, and how it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import (
    api_key,
    bank_connection,
    bank_profile_change,
    body_details,
    change,
    check_settings,
    cooling_off,
    credential_reset,
    delegation,
    duties,
    freeze,
    invitation,
    name_policy,
    office_days,
    passkey_rule,
    role_change,
    safe_contact_change,
    scheme_change,
)
from schemes.bank_details import CONFIRMERS
from schemes.behind_key import people_behind
from schemes.change import Change, ChangeKind
from schemes.duplicates import merge, one_beneficiary, unmerge
from schemes.errors import SamePerson
from schemes.person import Actor, Role


@dataclass(frozen=True)
class Effect:
    """`now_there`: the facts that a proposal of this kind replaces. `apply` is called in the confirming transaction."""

    confirmers: tuple[Role, ...]
    now_there: Callable[[Session, UUID], dict[str, Any]]
    apply: Callable[[Session, Change, Actor, datetime], None]


EFFECTS: dict[ChangeKind, Effect] = {
    ChangeKind.BANK_PROFILE: Effect(
        bank_profile_change.CONFIRMERS, bank_profile_change.now_there, bank_profile_change.apply
    ),
    ChangeKind.BANK_CONNECTION: Effect(bank_connection.CONFIRMERS, bank_connection.now_there, bank_connection.apply),
    ChangeKind.COOLING_OFF: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: cooling_off.facts(session), cooling_off.apply
    ),
    ChangeKind.DUTIES: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: duties.duties(session), duties.apply_duties
    ),
    ChangeKind.RETENTION: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER),
        lambda session, _: body_details.retention(session),
        body_details.apply_retention,
    ),
    ChangeKind.NAME_POLICY: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: name_policy.facts(session), name_policy.apply
    ),
    ChangeKind.OFFICE_DAYS: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: office_days.facts(session), office_days.apply
    ),
    ChangeKind.FREEZE: Effect((Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE), freeze.facts_of, freeze.apply),
    ChangeKind.DELEGATION: Effect(delegation.APPOINTERS, lambda session, _: {}, delegation.apply),
    ChangeKind.API_KEY: Effect(api_key.CONFIRMERS, lambda session, _: {}, api_key.apply),
    ChangeKind.PASSKEYS: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: passkey_rule.facts(session), passkey_rule.apply
    ),
    ChangeKind.SCHEME: Effect(scheme_change.CONFIRMERS, scheme_change.facts_now, scheme_change.apply),
    ChangeKind.CHECKS: Effect(check_settings.CONFIRMERS, check_settings.facts, check_settings.apply),
    ChangeKind.MERGE: Effect(CONFIRMERS, merge.facts_of, merge.apply),
    ChangeKind.UNMERGE: Effect(CONFIRMERS, unmerge.facts_of, unmerge.apply),
    ChangeKind.ONE_BENEFICIARY: Effect(CONFIRMERS, one_beneficiary.facts_of, one_beneficiary.apply_one),
    ChangeKind.TWO_BENEFICIARIES: Effect(CONFIRMERS, one_beneficiary.facts_of, one_beneficiary.apply_two),
    ChangeKind.SAFE_CONTACT: Effect(CONFIRMERS, safe_contact_change.facts_of, safe_contact_change.apply),
    ChangeKind.INVITATION: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: {}, invitation.apply_invitation
    ),
    ChangeKind.ROLES: Effect((Role.ADMINISTRATOR, Role.APPROVER), role_change.roles_of, role_change.apply_roles),
    ChangeKind.CREDENTIALS: Effect(
        (Role.ADMINISTRATOR, Role.APPROVER), lambda session, _: {}, credential_reset.apply_reset
    ),
}


def confirm(session: Session, waiting: Change, *, by: Actor, at: datetime) -> None:
    """A second person confirms a change, on a row locked by the caller, and it takes effect. Saying it twice is once.

    Raises NotAllowed, SamePerson, NotNow, ChangedSince, and whatever the kind's own rule refuses.
    """
    effect = EFFECTS[waiting.kind]
    by.must_be(*effect.confirmers)
    if waiting.is_waiting and by.person_id in people_behind(session, {waiting.proposed_by}):
        raise SamePerson("proposed this change")
    if change.confirm(session, waiting, now_there=effect.now_there(session, waiting.subject_id), by=by, at=at):
        effect.apply(session, waiting, by, at)


def reject(session: Session, waiting: Change, *, reason: str, by: Actor, at: datetime) -> None:
    """A second person rejects a change, or its proposer withdraws it. Raises NotAllowed, NotNow, ReasonNotGiven."""
    if by.person_id != waiting.proposed_by:
        by.must_be(*EFFECTS[waiting.kind].confirmers)
    change.reject(session, waiting, reason=reason, by=by, at=at)
