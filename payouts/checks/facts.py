"""What the checks look at: the payroll's figures, limits and days, and its payments chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from payouts.checks.finding import Found
from payouts.confirmation.confirmation import Standing
from payouts.difference.comparison import Unexplained
from payouts.funds import Funds
from payouts.payment import PaymentLine
from schemes.check_settings import USUAL, CheckSettings
from schemes.file_format import FileFormat
from schemes.name_policy import NamePolicy

NOTHING_LEFT = Unexplained(0, 0)


class PaidBefore(NamedTuple):
    """What an award was paid last, the newest first, in pence, and into which account the newest went (no cheque)."""

    pence: tuple[int, ...]
    account_id: UUID | None


class LastPayroll(NamedTuple):
    """The last comparable payroll's payments and their total in pence."""

    number: int
    payments: int
    pence: int


class Expected(NamedTuple):
    """What the source list says that a payroll comes to, in pence."""

    payments: int
    pence: int
    source: str


@dataclass(frozen=True)
class PayrollFacts:
    """Everything of a payroll that a check may ask, read before the checks run. Amounts in pence, instants in UTC.

    What is kept by payee, award or account is of the payments of one chunk: a check of the payroll as a whole finds
    nothing there. due_count, due_pence: what the awards say, read independently of the payments built from them; known
    to the checks of the payroll as a whole, which run when every chunk is done.
    shared_accounts: fingerprint → how many different payees are paid into it here, where there are several.
    several_payments: payee → how many payments here, where there are several.
    item_count: credits in the files, fewer than payments where some go together.
    items_over_limit: payment → pence of the item in which it goes with others, where the bank takes less for one.
    arrears: award → the arrears in its payment, and of how many periods they are, where there are any.
    paid_before: awards, of those in this payroll, that were paid with these bank details before.
    confirmations: account → the answer that it goes by, where a bank was asked about the name.
    duplicates: payee or beneficiary → references of others, paid here too, who are probably the same person.
    account_count: how many different accounts are paid into; confirmed_count: how many of them have a fresh answer.
    name_policy: what answers mean for use, by the policy of the day on which the payroll was made.
    settings: the scheme's, of the instant at which the payroll was created.
    paid_last: award → what it was paid last; changed_awards: those whose own amount changed since the last payroll.
    paid_elsewhere, periods_elsewhere: payment → what another payroll or scheme pays that looks like it.
    last, pay_date, holidays_until (the last day whose bank holidays are known): of the payroll as a whole.
    unexplained, of the payroll as a whole: what every cause of its difference to the last one leaves.
    funds, of the payroll as a whole: the account that it is paid from, on its pay date.
    expected, unpaid_count, of the payroll as a whole: its control total, and how many it leaves out.
    """

    payment_count: int
    item_count: int
    total_pence: int
    median_pence: int
    payment_limit_pence: int
    payroll_limit_pence: int
    item_limit_pence: int
    file_limit_pence: int
    items_per_file: int
    deadline_at: datetime
    now: datetime
    account_count: int
    confirmed_count: int
    name_policy: NamePolicy
    file_format: FileFormat = FileFormat.STANDARD18
    due_count: int | None = None
    due_pence: int | None = None
    shared_accounts: Mapping[bytes, int] = field(default_factory=dict)
    several_payments: Mapping[UUID, int] = field(default_factory=dict)
    items_over_limit: Mapping[UUID, int] = field(default_factory=dict)
    arrears: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    paid_before: frozenset[UUID] = frozenset()
    confirmations: Mapping[UUID, Standing] = field(default_factory=dict)
    duplicates: Mapping[UUID, list[str]] = field(default_factory=dict)
    unexplained: Unexplained = NOTHING_LEFT
    settings: CheckSettings = USUAL
    last: LastPayroll | None = None
    pay_date: date | None = None
    holidays_until: date | None = None
    paid_last: Mapping[UUID, PaidBefore] = field(default_factory=dict)
    changed_awards: frozenset[UUID] = frozenset()
    paid_elsewhere: Mapping[UUID, dict[str, Any]] = field(default_factory=dict)
    periods_elsewhere: Mapping[UUID, str] = field(default_factory=dict)
    funds: Funds | None = None
    expected: Expected | None = None
    unpaid_count: int = 0


OfPayroll = Callable[[PayrollFacts], Iterator[Found]]
OfPayment = Callable[[PaymentLine, PayrollFacts], Iterator[Found]]
