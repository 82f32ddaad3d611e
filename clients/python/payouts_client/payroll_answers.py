"""What the service tells of payrolls: checks, gates, difference, files."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from payouts_client.answers import Person, SchemeName, Told
from payouts_client.words import PayrollStatus


class Check(Told):
    kind: str
    severity: str
    count: int
    open_count: int
    amount_pence: int


class Decision(Told):
    person: str
    role: str | None
    verdict: str
    reason: str
    decided_at: datetime


class Gate(Told):
    """`lacks`: how many people of which roles have still to say go."""

    name: str
    state: str
    due_at: datetime | None
    lacks: dict[str, int]
    decisions: tuple[Decision, ...]


class Payroll(Told):
    id: UUID
    number: int
    scheme: SchemeName
    kind: str
    status: PayrollStatus
    pay_date: date
    period_first_day: date
    period_last_day: date
    deadline_at: datetime
    payment_count: int
    total_pence: int
    unpaid_count: int
    created_at: datetime


class OnePayroll(Payroll):
    checks: tuple[Check, ...]
    gates: tuple[Gate, ...]


class Finding(Told):
    """`title` and `detail` are for people; `kind` never changes."""

    id: UUID
    kind: str
    severity: str
    title: str
    detail: str
    payment_id: UUID | None
    beneficiary: Person | None
    payee: Person | None
    amount_pence: int | None
    accepted_at: datetime | None
    reason: str | None


class Cause(Told):
    cause: str
    count: int
    pence: int


class Difference(Told):
    """The way from the last payroll's total to this one's, to the penny."""

    compared_with: int | None
    then_count: int
    then_pence: int
    now_count: int
    now_pence: int
    unchanged_count: int
    unexplained_count: int
    unexplained_pence: int
    causes: tuple[Cause, ...]


class DifferenceLine(Told):
    award_id: UUID
    beneficiary: Person
    pence: int
    then_pence: int
    now_pence: int


class PaymentFile(Told):
    """`sha256`: of the bytes that people approved."""

    id: UUID
    name: str
    format: str
    serial: int
    payment_count: int
    item_count: int
    total_pence: int
    byte_count: int
    sha256: str
    sealed_at: datetime
    first_downloaded_at: datetime | None


class Unpaid(Told):
    award_id: UUID
    beneficiary: Person
    reason: str
    due_pence: int | None
