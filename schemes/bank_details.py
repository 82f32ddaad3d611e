"""Changing bank details: one person proposes, a second calls back and confirms or rejects; then a cooling-off.

The version before stays payable until the new one is usable, unless it is marked closed or compromised.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bacs import charset
from bacs.calendar import LONDON, Calendar
from schemes import audit, call_back, cooling_off, risk
from schemes.account import Account, CameBy, Stopped, get_account, in_use_on, pack
from schemes.behind_key import people_behind
from schemes.call_back import Call
from schemes.database import take_turns
from schemes.errors import NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.payee import Payee, get_payee
from schemes.person import Actor, Role
from schemes.risk import RiskReason
from schemes.safe_contact import must_be_seen_by_another
from schemes.seal import Seals, get_key
from schemes.typed_details import DetailsFault, DetailsRefused, read_details

CONFIRMERS = (Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)


class ProposalWaiting(Refused):
    """A change of this payee's bank details waits already: it is confirmed or rejected first."""


class ChangeHeld(Refused):
    """The payee said that this change was not theirs: somebody looks into it before it is confirmed or used."""


class SameDetails(Refused):
    """What was proposed is what is in use."""


def propose(
    session: Session,
    seals: Seals,
    *,
    account_id: UUID,
    payee_id: UUID,
    holder_name: str,
    sort_code: str,
    account_number: str,
    roll_number: str,
    came_by: CameBy,
    by: Actor,
    at: datetime,
) -> Account:
    """Propose a payee's next version; it waits for a second person. The same id again is the same proposal.

    Raises DetailsRefused, ProposalWaiting, SameDetails, NotFound, NotAllowed.
    """
    by.must_be(Role.PREPARER)
    payee = get_payee(session, payee_id)
    take_turns(session, f"bank details {payee_id}")
    there = session.get(Account, (by.body_id, account_id))
    if there is not None:
        return get_account(session, payee_id, account_id)
    holder_name = " ".join(holder_name.split())
    if not charset.to_bacs(holder_name).text.strip():
        raise DetailsRefused("holder_name", DetailsFault.HOLDER_NAME)
    details, checked = read_details(sort_code, account_number, roll_number)
    if proposal_of(session, payee_id) is not None:
        raise ProposalWaiting
    fingerprint = seals.fingerprint(by.body_id, *details)
    in_use = in_use_on(session, payee_id, london_day(at))
    if (
        in_use is not None
        and in_use.stopped_as is None
        and (bytes(in_use.fingerprint), in_use.holder_name) == (fingerprint, holder_name)
    ):
        raise SameDetails
    key = seals.open_row(get_key(session, by.body_id, payee.key_id))
    latest = session.scalar(select(func.max(Account.version)).where(Account.payee_id == payee_id)) or 0
    account = Account(
        body_id=by.body_id,
        id=account_id,
        payee_id=payee_id,
        version=latest + 1,
        holder_name=holder_name,
        sealed_details=key.seal(pack(details), "account", account_id),
        fingerprint=fingerprint,
        last_four=details.account_number[-4:],
        modulus_outcome=checked.outcome,
        modulus_rule=checked.rule,
        weight_table=checked.table_version,
        came_by=came_by,
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(account)
    session.flush()
    note(session, account, "proposed", by=by, at=at, came_by=came_by.value)
    return account


def proposal_of(session: Session, payee_id: UUID) -> Account | None:
    """The change that waits for a second person, if one does. What came in a file waits with its file."""
    return session.scalars(
        select(Account).where(
            Account.payee_id == payee_id,
            Account.import_id.is_(None),
            Account.confirmed_at.is_(None),
            Account.rejected_at.is_(None),
        )
    ).one_or_none()


def confirm(
    session: Session,
    calendar: Calendar,
    account: Account,
    *,
    call: Call | None,
    at_the_bank: Collection[RiskReason],
    because: str | None = None,
    waive_because: str | None = None,
    by: Actor,
    at: datetime,
) -> Account:
    """A second person confirms a proposal, on a row locked by the caller: usable after the cooling-off of its risk.

    at_the_bank: what the payee's bank said against it; because: why it is right all the same. waive_because: use it at
    once, and why. The same person again changes nothing. Raises SamePerson, NotNow, CallBackNeeded, ContactTooNew,
    ReasonNotGiven, NotAllowed.
    """
    by.must_be(*CONFIRMERS)
    if account.confirmed_by == by.person_id:
        return account
    must_wait(account, "confirmed")
    if by.person_id in people_behind(session, {account.proposed_by}):
        raise SamePerson("proposed these bank details")
    if account.is_disowned:
        raise ChangeHeld
    if by.person_id == account.looked_by:
        raise SamePerson("let this change go on")
    must_be_seen_by_another(session, account, by.person_id)
    found = risk.assess(session, account, at_the_bank=at_the_bank, at=at)
    if found.changes:
        call_back.record(session, account, call, on=london_day(at), by=by, at=at)
    account.confirmed_by, account.confirmed_at, account.confirmed_because = by.person_id, at, because
    days = cooling_off.current(session).days(found.risk)
    account.usable_from = calendar.add_working_days(london_day(at), days) if days else None
    session.flush()
    note(
        session,
        account,
        "confirmed",
        by=by,
        at=at,
        called_back=found.changes,
        cooling_off_days=days,
        risk=found.risk.value,
        reasons=[reason.value for reason in found.reasons],
    )
    if waive_because is not None and days:
        waive(session, account, reason=waive_because, by=by, at=at)
    return account


def reject(session: Session, account: Account, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject a proposal, on a row locked by the caller; whoever proposed it may withdraw it so. Nothing is paid to it.

    Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != account.proposed_by:
        by.must_be(*CONFIRMERS)
    if account.rejected_by == by.person_id:
        return
    must_wait(account, "rejected")
    if not reason.strip():
        raise ReasonNotGiven("reject these bank details")
    account.rejected_by, account.rejected_at, account.rejected_because = by.person_id, at, reason.strip()
    session.flush()
    note(session, account, "rejected", by=by, at=at)


def waive(session: Session, account: Account, *, reason: str, by: Actor, at: datetime) -> None:
    """Use a confirmed version at once because it is urgent, on a row locked by the caller. Called back it was already.

    Raises SamePerson for whoever proposed it, NotNow outside a cooling-off, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*CONFIRMERS)
    if account.waived_by == by.person_id:
        return
    today = london_day(at)
    if by.person_id in people_behind(session, {account.proposed_by}):
        raise SamePerson("proposed these bank details")
    if (
        account.stopped_as
        or account.confirmed_at is None
        or account.usable_from is None
        or account.usable_from <= today
    ):
        raise NotNow("version of bank details", "not cooling off", "used sooner")
    if account.held_back:
        raise ChangeHeld
    if not reason.strip():
        raise ReasonNotGiven("use these bank details at once")
    account.waived_by, account.waived_at, account.waived_because = by.person_id, at, reason.strip()
    account.usable_from = today
    session.flush()
    note(session, account, "waived", by=by, at=at)


def stop(session: Session, account: Account, stopped_as: Stopped, *, by: Actor, at: datetime) -> None:
    """Mark a confirmed version closed or compromised: from now on nothing is paid into it. One person may, at once.

    Raises NotNow, NotAllowed.
    """
    by.must_be(Role.PREPARER, *CONFIRMERS)
    if account.stopped_as is stopped_as:
        return
    # what the bank sent back may turn out to be closed or compromised
    if account.stopped_as not in (None, Stopped.RETURNED):
        raise NotNow("version of bank details", str(account.stopped_as), stopped_as)
    if account.confirmed_at is None:
        raise NotNow("version of bank details", "not confirmed", stopped_as)
    account.stopped_as, account.stopped_by, account.stopped_at = stopped_as, by.person_id, at
    session.flush()
    note(session, account, "stopped", by=by, at=at, stopped_as=stopped_as.value)


def must_wait(account: Account, act: str) -> None:
    if account.import_id is not None:
        raise NotNow("version of bank details", "part of a file", act)
    if not account.is_waiting:
        raise NotNow("version of bank details", "confirmed" if account.confirmed_at else "rejected", act)


def note(session: Session, account: Account, act: str, *, by: Actor, at: datetime, **facts: Any) -> None:
    """The event of an act, about the payee: their trail tells all that happened to their bank details."""
    payee = get_payee(session, account.payee_id)
    audit.record(session, f"bank_details.{act}", by=by, about=payee, at=at, version=account.version, **facts)


def london_day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


class Proposal(NamedTuple):
    """A change that waits for a second person."""

    account: Account
    payee: Payee


def proposals(session: Session, *, limit: int = 20) -> list[Proposal]:
    """The changes that wait, oldest first."""
    rows = session.execute(
        select(Account, Payee)
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .where(Account.import_id.is_(None), Account.confirmed_at.is_(None), Account.rejected_at.is_(None))
        .order_by(Account.proposed_at, Account.id)
        .limit(limit)
    )
    return [Proposal(account, payee) for account, payee in rows]
