"""Finding the payee whose credit was corrected: by the account that we paid, and by the payment's reference.

The account's keyed fingerprint finds it without opening anything. A report does not carry roll numbers, so whoever is
paid by one is found by the reference, and the numbers are opened to compare them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.reports.awacs import CorrectedAccount
from payouts.payment import Payment
from payouts.payment_item import PaymentItem
from schemes.account import Account, in_use_on, open_details
from schemes.payee import Payee
from schemes.seal import SealingKey, Seals


class Match(StrEnum):
    """How a line was matched. `replaced_since`: the payee is paid into another account by now."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    SEVERAL_PAYEES = "several_payees"
    REPLACED_SINCE = "replaced_since"


class Found(NamedTuple):
    """The version that a line corrects, where one was found."""

    match: Match
    account: Account | None = None


def match_lines(session: Session, seals: Seals, lines: Sequence[CorrectedAccount], *, day: date) -> list[Found]:
    """For each line the version that it corrects, in a few queries however many lines there are."""
    body_id: UUID = session.info["body_id"]
    prints = [seals.fingerprint(body_id, line.sort_code, line.account_number, "") for line in lines]
    by_print = accounts_with(session, prints)
    by_reference = accounts_paid(session, {line.reference for line in lines if line.reference})
    found = []
    for line, fingerprint in zip(lines, prints, strict=True):
        paid = [account for account, key in by_reference.get(line.reference, ()) if is_it(seals, account, key, line)]
        candidates = by_print.get(fingerprint, [])
        of_reference = {account.payee_id for account in paid}
        narrowed = [account for account in candidates if account.payee_id in of_reference]
        found.append(settle(session, narrowed or candidates or paid, day))
    return found


def accounts_with(session: Session, prints: Iterable[bytes]) -> dict[bytes, list[Account]]:
    """Confirmed versions by fingerprint, of payees who were not erased."""
    rows = session.scalars(
        select(Account)
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
        .where(
            Account.fingerprint.in_(list(prints)), Account.confirmed_at.is_not(None), SealingKey.wrapped.is_not(None)
        )
    )
    found: dict[bytes, list[Account]] = defaultdict(list)
    for account in rows:
        found[bytes(account.fingerprint)].append(account)
    return found


def accounts_paid(session: Session, references: Iterable[str]) -> dict[str, list[tuple[Account, SealingKey]]]:
    """The versions that payments of these references went to, with the keys to open them."""
    rows = session.execute(
        select(Payment.reference, Account, SealingKey)
        .join(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
        .where(Payment.reference.in_(list(references)), SealingKey.wrapped.is_not(None))
    ).all()
    # what several payments went out as one under has a reference of its own
    items = session.execute(
        select(PaymentItem.reference, Account, SealingKey)
        .join(Account, (Account.body_id == PaymentItem.body_id) & (Account.id == PaymentItem.account_id))
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
        .where(PaymentItem.reference.in_(list(references)), SealingKey.wrapped.is_not(None))
    ).all()
    found: dict[str, list[tuple[Account, SealingKey]]] = defaultdict(list)
    for reference, account, key in [*rows, *items]:
        found[reference].append((account, key))
    return found


def is_it(seals: Seals, account: Account, key: SealingKey, line: CorrectedAccount) -> bool:
    """Whether a version holds the numbers of a line: a reference may come again, so it is never enough."""
    details = open_details(seals.open_row(key), account.id, account.sealed_details)
    return (details.sort_code, details.account_number) == (line.sort_code, line.account_number)


def settle(session: Session, candidates: Sequence[Account], day: date) -> Found:
    """One version of one payee, if it is still the one in use."""
    payees = {account.payee_id for account in candidates}
    if not payees:
        return Found(Match.NOT_FOUND)
    if len(payees) > 1:
        return Found(Match.SEVERAL_PAYEES)
    in_use = in_use_on(session, next(iter(payees)), day)
    if in_use is None or in_use.id not in {account.id for account in candidates}:
        return Found(Match.REPLACED_SINCE, candidates[0])
    return Found(Match.FOUND, in_use)
