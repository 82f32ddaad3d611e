"""Who brought into a payroll what no released payment has used before: new bank details, new awards.

Found once, when the files are sealed, since it takes a look at every payment. Were it found anew at each decision it
could only shrink, as other payrolls are released meanwhile: what was new at sealing stays a second person's business.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, exists, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from payouts.gates.amendment import get_amendment
from payouts.gates.manifest import Manifest
from payouts.payment import GONE_OUT, Payment, in_payroll
from payouts.payroll import Payroll
from schemes.account import Account
from schemes.award import Award
from schemes.award_version import AwardVersion
from schemes.behind_key import people_behind
from schemes.change import Change
from schemes.database import Base, stored, to_body_row
from schemes.duplicates.merge import MergedAward
from schemes.imports.register_import import RegisterImport
from schemes.one_off_payment import OneOff


class Brought(StrEnum):
    """What somebody brought in."""

    BANK_DETAILS = "bank_details"
    MONEY = "money"


class FirstUse(Base):
    """That a payroll, as it was sealed, is the first to use what a person brought in."""

    __tablename__ = "first_use"
    __table_args__ = (to_body_row("manifest", "manifest_id"),)

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    manifest_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    brought: Mapped[Brought] = mapped_column(stored(Brought), primary_key=True)


def note_first_uses(session: Session, payroll: Payroll, manifest: Manifest) -> None:
    """Find and keep who brought what into a payroll that was just sealed."""
    found = {Brought.BANK_DETAILS: proposers(session, payroll), Brought.MONEY: keyers(session, payroll)}
    amendment = get_amendment(session, payroll.amendment_id) if payroll.amendment_id else None
    if amendment is not None:
        # it follows another, and what was new at that sealing stays somebody's business
        earlier = select(FirstUse).where(FirstUse.manifest_id == amendment.follows_id)
        for use in session.scalars(earlier):
            found[use.brought] |= {use.person_id}
    session.add_all(
        FirstUse(body_id=payroll.body_id, manifest_id=manifest.id, person_id=person_id, brought=brought)
        for brought, people in found.items()
        for person_id in sorted(people)
    )
    session.flush()


def first_uses(session: Session, payroll: Payroll, brought: Brought) -> frozenset[UUID]:
    """Those who brought such things into a payroll; nobody while its files are not sealed."""
    people = select(FirstUse.person_id).where(FirstUse.manifest_id == payroll.manifest_id, FirstUse.brought == brought)
    return frozenset(session.scalars(people)) if payroll.manifest_id else frozenset()


def proposers(session: Session, payroll: Payroll) -> frozenset[UUID]:
    """Who proposed bank details that no released payment has used before this payroll."""
    earlier = aliased(Payment)
    used = paid_before(payroll, earlier, earlier.account_id == Payment.account_id)
    proposed = session.execute(
        select(Account.proposed_by, Account.import_id)
        .join(Payment, (Payment.body_id == Account.body_id) & (Payment.account_id == Account.id))
        .where(in_payroll(payroll.id), ~used)
        .distinct()
    ).all()
    senders = senders_of(session, {row.import_id for row in proposed})
    return people_behind(session, {row.proposed_by for row in proposed} | senders)


def keyers(session: Session, payroll: Payroll) -> frozenset[UUID]:
    """Who entered one-off payments, awards or versions of them that no released payment was made of before.

    Whoever proposed that two payees are one has moved the awards of one to the other, as if they had entered them.
    """
    earlier = aliased(Payment)
    used = paid_before(payroll, earlier, earlier.award_id == Payment.award_id)
    awarded = (
        select(Award.made_by, Award.import_id)
        .join(Payment, (Payment.body_id == Award.body_id) & (Payment.award_id == Award.id))
        .where(in_payroll(payroll.id), ~used)
    )
    # a payroll that was created before a version was made may hold the payment without it
    since = aliased(Payroll)
    used_since = paid_before(
        payroll,
        earlier,
        (earlier.award_id == Payment.award_id)
        & (earlier.period_last_day >= AwardVersion.from_day)
        & exists().where(
            since.body_id == earlier.body_id,
            since.id == earlier.payroll_id,
            since.made_at >= AwardVersion.made_at,
        ),
    )
    changed = (
        select(AwardVersion.made_by)
        .join(Payment, (Payment.body_id == AwardVersion.body_id) & (Payment.award_id == AwardVersion.award_id))
        .where(in_payroll(payroll.id), AwardVersion.from_day <= Payment.period_last_day, ~used_since)
    )
    merged = (
        select(Change.proposed_by)
        .join(MergedAward, (MergedAward.body_id == Change.body_id) & (MergedAward.change_id == Change.id))
        .join(Payment, (Payment.body_id == MergedAward.body_id) & (Payment.award_id == MergedAward.award_id))
        .where(in_payroll(payroll.id), ~used)
    )
    # each was keyed for this payment alone
    keyed = (
        select(OneOff.proposed_by)
        .join(Payment, (Payment.body_id == OneOff.body_id) & (Payment.one_off_id == OneOff.id))
        .where(in_payroll(payroll.id))
    )
    entered = session.execute(awarded.distinct()).all()
    senders = senders_of(session, {row.import_id for row in entered})
    others = {who for people in (changed, merged, keyed) for who in session.scalars(people.distinct())}
    return people_behind(session, {row.made_by for row in entered} | others | senders)


def senders_of(session: Session, imports: set[UUID | None]) -> frozenset[UUID]:
    """Who sent files: of a row that somebody else corrected, they have keyed a part too."""
    sent = select(RegisterImport.made_by).where(RegisterImport.id.in_(imports - {None}))
    return frozenset(session.scalars(sent))


def paid_before(payroll: Payroll, earlier: type[Payment], same: ColumnElement[bool]) -> Exists:
    """Whether another payroll has paid the same to the same payee."""
    return (
        select(earlier.id)
        .where(
            earlier.body_id == Payment.body_id,
            earlier.payee_id == Payment.payee_id,
            same,
            earlier.payroll_id != payroll.id,
            earlier.status.in_(GONE_OUT),
        )
        .exists()
    )
