"""What the service tells. Amounts are whole pence, instants in UTC; what a newer service adds is passed over."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from payouts_client.words import (
    BankDetailsState,
    BodyKind,
    Capacity,
    Channel,
    Format,
    HoldKind,
    ImportStatus,
    KeyKind,
    Language,
    PaymentMethod,
    PaymentStatus,
)


class Told(msgspec.Struct, kw_only=True):
    """Something that the service told."""


class Versioned(Told, kw_only=True):
    """Something that can be changed. Given to the call that changes it, its ETag goes along as If-Match."""

    etag: str = ""


class Person(Told):
    id: UUID
    reference: str
    name: str


class SchemeName(Told):
    id: UUID
    code: str


class UsedKey(Told):
    id: UUID
    name: str
    kind: KeyKind
    scopes: tuple[str, ...]
    schemes: tuple[str, ...]


class Body(Told):
    id: UUID
    name: str
    kind: BodyKind
    key: UsedKey


class Component(Told):
    code: str
    name: str
    amount: str
    unit: str


class Scheme(Told):
    id: UUID
    code: str
    name: str
    pays_for: str
    frequency: str
    first_period_day: date
    payment_limit_pence: int
    payroll_limit_pence: int
    version: int


class OneScheme(Scheme):
    components: tuple[Component, ...]


class Beneficiary(Versioned):
    id: UUID
    reference: str
    name: str
    date_of_birth: date | None
    same_as: UUID | None
    created_at: datetime


class OneBeneficiary(Beneficiary):
    address: str | None
    payees: tuple[Person, ...]


class Payee(Versioned):
    id: UUID
    reference: str
    name: str
    date_of_birth: date | None
    payment_method: PaymentMethod
    merged_into: UUID | None
    created_at: datetime


class Mandate(Told):
    id: UUID
    beneficiary: Person
    capacity: Capacity
    first_day: date | None
    last_day: date | None


class Contact(Told):
    id: UUID
    channel: Channel
    value: str
    is_safe: bool
    since: datetime
    ended_at: datetime | None


class Note(Told):
    text: str
    written_at: datetime


class Hold(Told):
    id: UUID
    kind: HoldKind
    beneficiary: Person | None
    reason: str
    since: date
    review_on: date | None
    placed_at: datetime
    lifted_at: datetime | None


class Preference(Told):
    """How somebody wants to be written to. `channel`: None where they have not said."""

    channel: Channel | None
    format: Format
    language: Language


class Proposal(Told):
    """A change that waits for a person."""

    id: UUID
    proposed_at: datetime
    reason: str


class OnePayee(Payee):
    payments_combined: bool
    safe_contacts_only: bool
    preference: Preference
    beneficiaries: tuple[Mandate, ...]
    contacts: tuple[Contact, ...]
    holds: tuple[Hold, ...]


class ComingPayment(Told):
    """What an award comes to in a period, as it stands today."""

    award_id: UUID
    scheme: SchemeName
    beneficiary: Person
    period_first_day: date
    period_last_day: date
    pay_date: date | None
    amount_pence: int


class Notice(Told):
    """A message to a payee about a payroll."""

    id: UUID
    event: str
    channel: str
    language: Language
    status: str
    attempt: int
    payroll_id: UUID
    payroll_number: int
    payment_count: int
    total_pence: int
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class NameCheck(Told):
    """What the payee's bank said of the account holder's name."""

    outcome: str
    code: str
    asked_at: datetime


class BankDetails(Told):
    """Where the money goes: never more of an account than its last four digits, and not even these in a log."""

    id: UUID
    version: int
    state: BankDetailsState
    account_holder: str
    account_number_ends: str
    proposed_at: datetime
    confirmed_at: datetime | None
    confirmed_by_match: bool
    usable_from: date | None
    rejected_because: str | None
    name_check: NameCheck | None

    def __repr__(self) -> str:
        return f"BankDetails(id={self.id!r}, version={self.version}, state={str(self.state)!r})"


class Inputs(Told):
    """Units in thousandths: 38500 for 38.5 hours a period."""

    units: int
    rate_pence: int | None = None


class AwardVersion(Told):
    version: int
    from_day: date
    last_day: date | None
    amount_pence: int | None
    inputs: Inputs | None


class Award(Versioned):
    id: UUID
    scheme: SchemeName
    component: str
    beneficiary: Person
    payee: Person
    first_day: date
    last_day: date | None
    amount_pence: int | None
    inputs: Inputs | None
    not_due: str | None
    version: int
    created_at: datetime
    follow_url: str


class Suspension(Told):
    id: UUID
    from_day: date
    last_day: date | None
    reason: str
    review_on: date | None
    placed_at: datetime
    lifted_at: datetime | None
    due_from: date | None
    pays_arrears: bool | None


class OneAward(Award):
    versions: tuple[AwardVersion, ...]
    suspensions: tuple[Suspension, ...]


class Payment(Told):
    id: UUID
    payroll_id: UUID
    payroll_number: int
    scheme: SchemeName
    component: str
    beneficiary: Person
    payee: Person
    account_number_ends: str
    amount_pence: int
    reference: str
    status: PaymentStatus
    period_first_day: date
    period_last_day: date
    follow_url: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, reference={self.reference!r}, status={str(self.status)!r})"


class Trace(Told):
    """That a payment is looked for."""

    id: UUID
    payment_id: UUID
    why: str
    told_by: str
    told_on: date
    stage: str
    due_on: date | None
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None


class Happened(Told):
    at: datetime
    what: str


class OnePayment(Payment):
    timeline: tuple[Happened, ...]


class Import(Told):
    id: UUID
    scheme: SchemeName
    file_name: str
    status: ImportStatus
    stopped: bool
    rows_done: int
    rows_good: int
    rows_unchanged: int
    rows_refused: int
    rows_mended: int
    fault: str | None
    sha256: str
    created_at: datetime
    confirmed_at: datetime | None


class FieldOfRow(Told):
    field: str
    reason: str


class RefusedRow(Told):
    line: int
    reference: str
    faults: tuple[FieldOfRow, ...]


class ReadRow(RefusedRow):
    outcome: str


class NameRun(Told):
    """That the names of a file are checked; `total`: how many have no good answer yet."""

    id: UUID
    total: int


class Event(Told):
    """`id` is the same however often it is read; `position` rises, without being counted through."""

    id: UUID
    position: int
    type: str
    at: datetime
    subject_type: str
    subject_id: UUID | None


class Entry(Told):
    """One thing on one day; `at`: by when, where there is an hour."""

    day: date
    kind: str
    at: datetime | None
    scheme: str
    what: str
    payroll_number: int | None
