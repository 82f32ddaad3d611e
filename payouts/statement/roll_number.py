"""Credits to building societies that came back: they carry the roll number where others have our reference.

A building society's roll number takes the reference's place in field 10 (Standard 18), so that the bank's statement has
nothing of ours. What a report returned already is opened, and matched where amount and roll number are the same.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bacs.account import compact_roll_number
from payouts.payment import Payment
from payouts.statement.entry import BankEntry, Match, Nature
from payouts.statement.matching import fitting, was_returned
from schemes.account import Account, open_details
from schemes.database import one_of
from schemes.payee import Payee
from schemes.seal import SealingKey, Seals

# of as many as nobody is: more are left to people, who are shown them
MOST = 5000


def match_by_roll_number(session: Session, seals: Seals, line_id: UUID, *, at: datetime) -> int:
    """Match each returned credit of an account to the one payment of its amount and roll number; returns how many."""
    waiting = session.scalars(
        select(BankEntry.id)
        .where(
            BankEntry.line_id == line_id,
            BankEntry.match.is_(None),
            BankEntry.nature == Nature.RETURN,
            BankEntry.reference != "",
        )
        .limit(MOST)
    ).all()
    if not waiting:
        return 0
    rows = session.execute(
        fitting(line_id, was_returned() & (BankEntry.id == one_of(waiting)))
        .add_columns(BankEntry.reference, Account, SealingKey)
        .join(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
        .where(SealingKey.wrapped.is_not(None))
        .limit(MOST)
    ).all()
    same = [
        (entry_id, payment_id)
        for entry_id, payment_id, reference, account, key in rows
        if compact_roll_number(reference) == roll_number_of(seals, account, key)
    ]
    entries, payments = Counter(entry for entry, _ in same), Counter(payment for _, payment in same)
    certain = [pair for pair in same if entries[pair[0]] == payments[pair[1]] == 1]
    for entry_id, payment_id in certain:
        session.execute(
            update(BankEntry)
            .where(BankEntry.body_id == session.info["body_id"], BankEntry.id == entry_id)
            .values(match=Match.RETURN, payment_id=payment_id, matched_at=at)
            .execution_options(synchronize_session=False)
        )
    return len(certain)


def roll_number_of(seals: Seals, account: Account, key: SealingKey) -> str | None:
    """None where the account has none."""
    held = open_details(seals.open_row(key), account.id, account.sealed_details).roll_number
    return compact_roll_number(held) if held else None
