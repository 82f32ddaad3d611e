"""Carrying a sandbox's set-up over to its live body: one difference, proposed by one person and confirmed by another.

What is confirmed is what the first one saw: both bodies are read again, and if either has changed since, it is refused.
Nothing is taken away from the live body; what it has besides stays. Where a scheme is live already, a new version
counts from the day that the proposer names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from payouts.going_live.answering import sandbox_of
from payouts.going_live.promoted_account import NewAccount, keep_profile
from payouts.going_live.setup import Facts, Section, Setup, setup_digest, setup_of
from schemes import before_body, change, database
from schemes.bank_profile import bank_profiles
from schemes.change import Change, ChangeKind, NothingToChange
from schemes.database import new_id
from schemes.definition import Definition, definition_from, definition_json, faults_of, successor_faults
from schemes.errors import FieldsRefused, NotAllowed, NotFound, Refused
from schemes.invitation import Invitation, InvitationState
from schemes.person import Actor, Role
from schemes.scheme import Scheme, schemes_of_body
from schemes.scheme_change import must_follow_on
from schemes.scheme_version import versions_of
from schemes.seal import Seals

CONFIRMERS = (Role.ADMINISTRATOR,)
OWN_NAME = ("details/name", "details/contact_email")
"""What was said when the live body was asked for: carried over only if somebody chooses to."""


class NoSandbox(Refused):
    """The body rehearses in no sandbox: the operator has named none."""


class Incomplete(Refused):
    """What was chosen rests on what was not. `needs`: ids of items."""

    def __init__(self, needs: list[str]) -> None:
        super().__init__(f"this has to be carried over too: {', '.join(needs)}")
        self.needs = needs


class DayNotNamed(Refused):
    """A scheme that is live already takes its new version from a day. `code` of the scheme."""

    def __init__(self, code: str) -> None:
        super().__init__(f"from which day does the new version of scheme {code} count?")
        self.code = code


class Item(NamedTuple):
    """One thing that differs. before: as it is in the live body; {} where there is none."""

    section: Section
    key: str
    before: Facts
    after: Facts

    @property
    def id(self) -> str:
        return f"{self.section}/{self.key}"

    @property
    def is_new(self) -> bool:
        return not self.before


@dataclass(frozen=True)
class Difference:
    """What the sandbox has otherwise than the live body, and the digests of both."""

    sandbox_id: UUID
    items: list[Item]
    sandbox: str
    live: str
    other_roles: list[str]

    @property
    def facts(self) -> Facts:
        return {"sandbox_id": str(self.sandbox_id), "sandbox": self.sandbox, "live": self.live}


def difference(session: Session, *, at: datetime) -> Difference:
    """What differs now, in the live body's transaction. Raises NoSandbox.

    other_roles: people of both bodies who hold other roles here; they are changed one by one.
    """
    sandbox_id = sandbox_of(session)
    if sandbox_id is None:
        raise NoSandbox
    wanted, there = read_other(session, sandbox_id), setup_of(session)
    invited = open_invitations(session, at)
    items = [
        Item(section, key, there[section].get(key, {}), facts)
        for section in Section
        for key, facts in wanted[section].items()
        if facts != there[section].get(key)
        and not (section is Section.PERSON and (key in there[section] or key in invited))
    ]
    members = there[Section.PERSON]
    other = [
        members[key]["name"] for key, told in wanted[Section.PERSON].items()
        if key in members and members[key]["roles"] != told["roles"]
    ]  # fmt: skip
    return Difference(sandbox_id, items, setup_digest(wanted), setup_digest(there), other)


def read_other(session: Session, sandbox_id: UUID) -> Setup:
    """The sandbox's set-up, in a transaction of its own: row security shows one body at a time."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with database.transaction(engine, sandbox_id) as other:
        return setup_of(other)


def open_invitations(session: Session, at: datetime) -> set[str]:
    return {one.email for one in session.scalars(select(Invitation)) if one.state(at) is InvitationState.OPEN}


def must_rehearse(session: Session, by: Actor, sandbox_id: UUID) -> None:
    """Who is no administrator of the sandbox sees nothing of it from here either. Raises NotAllowed."""
    by.must_be(Role.ADMINISTRATOR)
    if not rehearses(session, by, sandbox_id):
        raise NotAllowed(Role.ADMINISTRATOR)


def rehearses(session: Session, by: Actor, sandbox_id: UUID) -> bool:
    """Whether somebody administers the sandbox as well."""
    held = before_body.memberships_of(session, by.person_id)
    return any(one.body_id == sandbox_id and Role.ADMINISTRATOR in one.roles for one in held)


def propose(
    session: Session,
    seals: Seals,
    *,
    change_id: UUID,
    chosen: Collection[str] | None = None,
    accounts: Mapping[str, NewAccount],
    days: Mapping[str, date],
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose to carry over what differs, or the items chosen by their ids. The same id again is the same proposal.

    accounts: by the name of each account that is new to the live body, as typed. days: by scheme code, from which its
    new version counts. Raises NoSandbox, Incomplete, DayNotNamed, FieldsRefused, FromDayRefused, ProfileRefused,
    NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    found = difference(session, at=at)
    must_rehearse(session, by, found.sandbox_id)
    items = [item for item in found.items if item.id in (chosen if chosen is not None else usual(found.items))]
    if not items:
        raise NothingToChange
    must_be_whole(session, items)
    lines = {profile.name: profile.line_id for profile in bank_profiles(session)}
    listed = []
    for item in items:
        told: dict[str, Any] = {
            "section": item.section.value,
            "key": item.key,
            "before": item.before,
            "after": item.after,
        }
        match item.section:
            case Section.BANK_PROFILE:
                account = accounts.get(item.key)
                row, is_same = keep_profile(session, seals, item.key, item.after, account, lines.get(item.key), at=at)
                lines[item.key] = row.line_id
                told |= {"profile_id": str(row.id), "same_account": is_same, "last_four": row.last_four}
                told |= {"service_user_number": row.service_user_number, "account_name": row.account_name}
            case Section.SCHEME:
                told |= scheme_facts(session, item, lines, days)
            case Section.PERSON:
                told |= {"invitation_id": str(new_id())}
        listed.append(told)
    return change.propose(
        session,
        ChangeKind.PROMOTION,
        change_id=change_id,
        subject_id=by.body_id,
        before=found.facts,
        after={"items": listed},
        reason=reason,
        by=by,
        at=at,
    )


def usual(items: list[Item]) -> list[str]:
    """What is carried over unless somebody chooses otherwise."""
    return [item.id for item in items if item.id not in OWN_NAME]


def must_be_whole(session: Session, items: list[Item]) -> None:
    """Raises Incomplete for what rests on a scheme or an account that neither is there nor comes along."""
    there = {f"{Section.SCHEME}/{scheme.code}" for scheme in schemes_of_body(session)}
    there |= {f"{Section.BANK_PROFILE}/{profile.name}" for profile in bank_profiles(session)}
    there |= {item.id for item in items}
    needed = {need for item in items for need in needs(item)}
    if needed - there:
        raise Incomplete(sorted(needed - there))


def needs(item: Item) -> list[str]:
    match item.section:
        case Section.SCHEME:
            return [f"{Section.BANK_PROFILE}/{item.after['pays_from']}"]
        case Section.CHECKS:
            return [f"{Section.SCHEME}/{item.key}"]
        case Section.NOTICE_WORDING:
            return [f"{Section.SCHEME}/{item.after['scheme']}"] if item.after["scheme"] else []
        case Section.PERSON:
            return [f"{Section.SCHEME}/{code}" for codes in item.after["roles"].values() for code in codes]
    return []


def scheme_facts(session: Session, item: Item, lines: Mapping[str, UUID], days: Mapping[str, date]) -> Facts:
    """A version as its own proposal has it. Raises DayNotNamed, FieldsRefused, FromDayRefused."""
    line_id = lines[item.after["pays_from"]]
    definition = definition_from({**item.after["definition"], "bank_profile_id": str(line_id)})
    scheme = scheme_with(session, item.key)
    versions = versions_of(session, scheme.id) if scheme else []
    day = days.get(item.key) or (None if scheme else definition.schedule.first_day)
    if day is None:
        raise DayNotNamed(item.key)
    must_fit(definition, versions[0].definition if versions else None)
    must_follow_on(definition, versions, day)
    return {
        "scheme_id": str(scheme.id if scheme else new_id()),
        "effective_from": day.isoformat(),
        "definition": definition_json(definition),
    }


def must_fit(definition: Definition, before: Definition | None) -> None:
    """Raises FieldsRefused."""
    faults = faults_of(definition)
    if before is not None:
        faults += successor_faults(before, definition)
    if faults:
        raise FieldsRefused("scheme", faults)


def scheme_with(session: Session, code: str) -> Scheme | None:
    return session.scalars(select(Scheme).where(Scheme.code == code)).one_or_none()


def now_there(session: Session, _: UUID) -> Facts:
    """Both bodies as they stand at this moment."""
    sandbox_id = sandbox_of(session)
    if sandbox_id is None:
        raise NotFound("sandbox", session.info["body_id"])
    sandbox, live = setup_digest(read_other(session, sandbox_id)), setup_digest(setup_of(session))
    return {"sandbox_id": str(sandbox_id), "sandbox": sandbox, "live": live}


def items_of(proposed: Change) -> list[Item]:
    """What a proposal carries over."""
    return [
        Item(Section(told["section"]), told["key"], told["before"], told["after"]) for told in proposed.after["items"]
    ]


def waiting_promotion(session: Session) -> Change | None:
    return change.waiting_of(session, ChangeKind.PROMOTION, session.info["body_id"])


def was_promoted(session: Session) -> bool:
    """Whether a set-up was ever carried over to this body."""
    done = select(Change.id).where(Change.kind == ChangeKind.PROMOTION, Change.confirmed_at.is_not(None))
    return session.scalar(done.limit(1)) is not None
