"""Work lists of answers: whose bank details go by an answer of one class, page by page, however large the register."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from payouts.confirmation.codes import Code
from payouts.confirmation.confirmation import Confirmation
from schemes.account import Account
from schemes.name_policy import Outcome
from schemes.payee import Payee


class Answered(NamedTuple):
    """A version that goes by an answer, and whose it is."""

    answer: Confirmation
    account: Account
    payee: Payee


def answered(session: Session, outcome: Outcome, *, after: UUID | None = None, limit: int = 50) -> list[Answered]:
    """The versions that could be paid to and go by an answer of this class, those after the version `after`.

    A later answer replaces an earlier one; a silence replaces nothing, so silences are in no list.
    """
    later = aliased(Confirmation)
    replaced = exists().where(
        later.body_id == Confirmation.body_id,
        later.account_id == Confirmation.account_id,
        later.code != Code.NO_ANSWER,
        (later.asked_at > Confirmation.asked_at)
        | ((later.asked_at == Confirmation.asked_at) & (later.id > Confirmation.id)),
    )
    rows = (
        select(Confirmation, Account, Payee)
        .join(Account, (Account.body_id == Confirmation.body_id) & (Account.id == Confirmation.account_id))
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .where(
            Confirmation.outcome == outcome,
            Confirmation.code != Code.NO_ANSWER,
            Account.rejected_at.is_(None),
            Account.stopped_at.is_(None),
            ~replaced,
        )
        .order_by(Confirmation.account_id)
        .limit(limit)
    )
    if after is not None:
        rows = rows.where(Confirmation.account_id > after)
    return [Answered(*row) for row in session.execute(rows)]
