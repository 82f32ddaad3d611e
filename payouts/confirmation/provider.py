"""The port to whoever asks the banks for us: a public body is no participant in Confirmation of Payee itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from payouts.confirmation.codes import Code
from schemes.account import BankDetails
from schemes.errors import Refused


class AccountType(StrEnum):
    """What we believe the account to be: part of the question, since a name can match an account of the other kind."""

    PERSONAL = "Personal"
    BUSINESS = "Business"


class Silence(StrEnum):
    """Why there is no answer. None of these is ever taken for a match."""

    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Answer:
    """What the payee's bank said. `name`: the one it holds, told on a close match only. `silence`: why no answer."""

    code: Code
    name: str = field(default="", repr=False)
    silence: Silence | None = None


class Provider(Protocol):
    """Asks one question once. Trouble is an answer of `NO_ANSWER`, never an exception. Any thread may ask."""

    name: str

    def verify(self, name: str, account_type: AccountType, details: BankDetails) -> Answer: ...


class ConfirmationNotSetUp(Refused):
    """The body has nobody who asks the banks for it."""
