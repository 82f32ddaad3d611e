"""What the service tells of one-off payments and of files of them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from payouts_client.answers import Person, SchemeName, Told
from payouts_client.words import OneOffFileStatus, OneOffState


class OneOffPayment(Told):
    id: UUID
    scheme: SchemeName
    component: str
    beneficiary: Person
    payee: Person
    amount_pence: int
    period_first_day: date
    period_last_day: date
    sequence: int
    pay_from: date
    reason: str
    further_because: str | None
    file_id: UUID | None
    state: OneOffState
    payroll_number: int | None
    created_at: datetime


class OneOffFile(Told):
    id: UUID
    scheme: SchemeName
    file_name: str
    status: OneOffFileStatus
    rows_good: int
    rows_unchanged: int
    rows_refused: int
    good_pence: int
    sha256: str
    created_at: datetime
    confirmed_at: datetime | None


class OneOffField(Told):
    field: str
    reason: str


class RefusedOneOff(Told):
    line: int
    reference: str
    faults: tuple[OneOffField, ...]


class WholeOneOffFile(OneOffFile):
    refused: tuple[RefusedOneOff, ...]
