"""First bank details that a match at the bank confirms, where two people of the body decided that it may.

Narrow on purpose. A match says that the account is in the name that was asked about, and no more: so that name has to
be the payee's own, the payee has to be new to us, and nothing at all may speak against it. Everything else waits for a
person as always, and so does every change of what is in use.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from schemes import audit, cooling_off, name_policy
from schemes.account import Account
from schemes.api_key import ApiKey
from schemes.bank_details import london_day
from schemes.hold import holds_of
from schemes.payee import Payee, get_payee
from schemes.risk import LATELY, Risk, known_here, replaces_details
from schemes.safe_contact import newest_mark


def confirm_by_match(session: Session, calendar: Calendar, account: Account, *, at: datetime) -> bool:
    """Count a match just answered about a version, on a row locked by the caller, as its confirmation; whether it does.

    The cooling-off of first bank details stays, and nobody behind the key may approve what is first paid to them.
    """
    rule = name_policy.current_row(session)
    payee = get_payee(session, account.payee_id)
    if rule is None or not rule.match_confirms or not is_a_first(session, account, payee, at=at):
        return False
    account.confirmed_under, account.confirmed_at = rule.id, at
    days = cooling_off.current(session).days(Risk.FIRST)
    account.usable_from = calendar.add_working_days(london_day(at), days) if days else None
    session.flush()
    audit.record(
        session,
        "bank_details.match_confirmed",
        by=None,
        about=payee,
        at=at,
        version=account.version,
        rule=name_policy.number_of(session, rule.id),
        rule_id=str(rule.id),
        cooling_off_days=days,
    )
    return True


def is_a_first(session: Session, account: Account, payee: Payee, *, at: datetime) -> bool:
    """Whether a version is a payee's first, proposed by a key in the payee's own name, with nothing against it."""
    if account.version != 1 or account.import_id or not account.is_waiting:
        return False
    if account.disowned_at or account.held_back or payee.merged_into:
        return False
    if same_words(account.holder_name) != same_words(payee.name):
        return False
    key = session.get(ApiKey, (account.body_id, account.proposed_by))
    if key is None or key.revoked_at is not None:
        return False
    if holds_of(session, payee.id, limit=1) or newest_mark(session, payee.id) is not None:
        return False
    return not replaces_details(session, account) and not known_here(session, account, since=at - LATELY)


def same_words(name: str) -> str:
    return " ".join(name.casefold().split())
