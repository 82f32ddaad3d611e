"""What an answer of the payee's bank adds to the risk of new bank details."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.confirmation import Confirmation, standing
from schemes.account import Account
from schemes.risk import RiskReason

OF_OUTCOME = {
    Outcome.NO_MATCH: RiskReason.NAME_NO_MATCH,
    Outcome.UNABLE: RiskReason.NAME_CANNOT_BE_CHECKED,
    Outcome.SWITCHED: RiskReason.ACCOUNT_SWITCHED,
}


def at_the_bank(session: Session, account: Account) -> frozenset[RiskReason]:
    """What the answer that a version goes by says against it. A bank that was not reached has said nothing."""
    asked = standing(select(Confirmation).where(Confirmation.account_id == account.id))
    answer = session.scalars(asked).one_or_none()
    if answer is None or answer.code is Code.NO_ANSWER or answer.outcome not in OF_OUTCOME:
        return frozenset()
    return frozenset({OF_OUTCOME[answer.outcome]})
