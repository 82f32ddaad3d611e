"""Statements among the bank's other answers: handed to the account that they are of, whoever sent or collected them."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from bacs.iso20022 import camt
from payouts.responses.readers import NotTaken
from payouts.responses.response import Response, ResponseFault
from payouts.statement.statement import hand_over
from schemes.bank_profile import bank_profiles, open_account

if TYPE_CHECKING:
    from payouts.app import Service

WIDTH = 14
"""Sort code and account number, as a GB IBAN ends."""


def take(session: Session, service: Service, response: Response, content: BinaryIO) -> None:
    """Give a camt.053 to each account of ours that it is of. Raises NotTaken where it is of none."""
    # balances and entries are for the job that keeps them; here only whose they are
    accounts = {each.account for each in camt.read(content) if isinstance(each, camt.Statement)}
    ends = {account.replace(" ", "").replace("-", "")[-WIDTH:] for account in accounts}
    ours = [
        profile for profile in bank_profiles(session) if "".join(open_account(session, service.seals, profile)) in ends
    ]
    if not ours:
        raise NotTaken(ResponseFault.ANOTHER_ACCOUNT)
    for profile in ours:
        hand_over(session, service.seals, response, profile.line_id, at=service.now())
