"""Under which codes of the finance system the accounts of the books stand: set by two people, each version kept.

What schemes spend stands under the codes of their components, which are part of a scheme's own versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.ledger.entry import LedgerAccount
from payouts.statement.posted import BookAccount
from schemes import audit, change
from schemes.bank_profile import bank_profiles
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, new_id
from schemes.definition import LONGEST_FINANCE_CODE, NO_CODES, FinanceCodes
from schemes.errors import FieldFault, FieldsRefused, Misfit
from schemes.person import Actor, Role
from schemes.scheme import schemes_of_body
from schemes.scheme_version import newest

PROPOSERS = (Role.FINANCE,)
CONFIRMERS = (Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR)
ACCOUNTS: tuple[LedgerAccount | BookAccount, ...] = (
    LedgerAccount.APPROVED_TO_PAY,
    LedgerAccount.WITH_BACS,
    LedgerAccount.RETURNED_AND_HELD,
    LedgerAccount.WRITTEN_OFF,
    BookAccount.SUSPENSE,
    BookAccount.BANK_CHARGES,
    BookAccount.INTEREST,
    BookAccount.TRANSFERS,
    BookAccount.REPAYMENTS,
)
"""The control accounts besides the bank accounts, which have a code each."""


class LedgerCodes(BodyOwned, Base):
    """One version of the codes of a body's accounts, by `key_of`. Never changed."""

    __tablename__ = "ledger_codes"
    __table_args__ = (UniqueConstraint("body_id", "version"),)

    version: Mapped[int]
    codes: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB)
    made_at: Mapped[datetime]


class Missing(NamedTuple):
    """What has no account code: a scheme's component, or an account by its key."""

    scheme_id: UUID | None
    scheme: str
    what: str


def key_of(account: LedgerAccount | BookAccount, line_id: UUID | None) -> str:
    """Under which key an account's codes are kept: a bank account by the line of its profile."""
    return f"{account.value}/{line_id}" if account == BookAccount.BANK else account.value


def keys(session: Session) -> dict[str, str]:
    """Every key that can have codes, with the name and last digits of bank accounts."""
    banks = {
        key_of(BookAccount.BANK, profile.line_id): f"{profile.name}, ending {profile.last_four}"
        for profile in bank_profiles(session)
    }
    return {**banks, **{account.value: "" for account in ACCOUNTS}}


def newest_codes(session: Session) -> LedgerCodes | None:
    return session.scalars(select(LedgerCodes).order_by(LedgerCodes.version.desc()).limit(1)).first()


def codes_by_key(kept: LedgerCodes | None) -> dict[str, FinanceCodes]:
    return {key: FinanceCodes(**codes) for key, codes in kept.codes.items()} if kept else {}


def missing(session: Session) -> list[Missing]:
    """What a journal of today would have no account code for."""
    known = codes_by_key(newest_codes(session))
    found = [
        Missing(scheme.id, scheme.code, component.name)
        for scheme in schemes_of_body(session)
        for component in newest(session, scheme.id).definition.components
        if not component.finance.account
    ]
    return found + [Missing(None, "", key) for key in keys(session) if not known.get(key, NO_CODES).account]


def facts(session: Session) -> dict[str, Any]:
    """The codes that are in force, as a proposal's facts."""
    kept = newest_codes(session)
    return {"codes": kept.codes if kept else {}, "names": {key: name for key, name in keys(session).items() if name}}


def propose(
    session: Session, codes: Mapping[str, FinanceCodes], *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose the codes of all accounts. Raises FieldsRefused, NotAllowed, and as `change.propose`."""
    by.must_be(*PROPOSERS)
    known = keys(session)
    faults = [FieldFault(key, Misfit.UNKNOWN) for key in codes if key not in known]
    faults += [
        FieldFault(key, Misfit.TOO_LONG, (LONGEST_FINANCE_CODE,))
        for key, given in codes.items()
        if max(map(len, given)) > LONGEST_FINANCE_CODE
    ]
    if faults:
        raise FieldsRefused("codes", faults)
    before = facts(session)
    given = {key: code._asdict() for key, code in codes.items() if any(code)}
    return change.propose(
        session,
        ChangeKind.LEDGER_CODES,
        change_id=change_id,
        subject_id=by.body_id,
        before=before,
        after={**before, "codes": given},
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    last = newest_codes(session)
    made = LedgerCodes(
        body_id=by.body_id,
        id=new_id(),
        version=last.version + 1 if last else 1,
        codes=confirmed.after["codes"],
        made_at=at,
    )
    session.add(made)
    session.flush()
    audit.record(session, "ledger_codes.set", by=by, about=made, at=at, version=made.version, accounts=len(made.codes))


EFFECTS[ChangeKind.LEDGER_CODES] = Effect(CONFIRMERS, lambda session, _: facts(session), apply)
