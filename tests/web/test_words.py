"""Every reason, status and refusal that a person can meet has its words."""

from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from bacs.modulus import Outcome as NumberCheck
from payouts.checks.finding import Kind, Severity
from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.provider import AccountType, Silence
from payouts.exports.profile import ProfileName
from payouts.files.file_check import CheckOutcome
from payouts.gates.attachment import AttachmentFault
from payouts.gates.separation import Bar
from payouts.ledger.control_run import DifferenceKind
from payouts.ledger.entry import Event, LedgerAccount
from payouts.ledger.period import ClosingFault
from payouts.notices.notice import NoticeStatus
from payouts.payment import PaymentStatus, UnpaidReason
from payouts.payroll import PayDateReason, PayrollStatus
from payouts.responses.correction import LineOutcome
from payouts.responses.correction_file import ReportFault
from payouts.statement import entry, statement, table
from payouts.web import (
    api_key_words,
    award_words,
    bank_profile_words,
    body_words,
    confirmation_words,
    contact_words,
    correction_words,
    deadline_words,
    duplicate_words,
    duty_words,
    export_words,
    field_words,
    file_words,
    finding_words,
    gate_words,
    import_words,
    ledger_words,
    notice_words,
    payee_words,
    payroll_words,
    people_words,
    register_words,
    scheme_words,
    statement_words,
    words,
)
from schemes.account import CameBy, State, Stopped
from schemes.amount import AmountKind, BandPays, PartPeriod
from schemes.api_key import KeyFault, KeyKind, Scope
from schemes.award import AwardDay
from schemes.award_history import NotDue
from schemes.bank_profile_change import ProfileFault
from schemes.body import BodyKind, DutyPattern
from schemes.colour import ColourFault
from schemes.contact_value import Channel, ContactFault
from schemes.delegation import DelegationFault
from schemes.duplicates.likeness import Fact, Likelihood
from schemes.duplicates.merge import MergeBar
from schemes.duplicates.pair import PairStatus
from schemes.duplicates.shared_account import Holder
from schemes.duties import CoverFault
from schemes.errors import (
    FileFault,
    Misfit,
)
from schemes.freeze import FreezeFault
from schemes.gate_rule import EvidenceForm, GateKind
from schemes.hold import HoldDate, HoldKind
from schemes.imports.entry import COLUMNS, Mend, RowReason
from schemes.imports.mapping import Look
from schemes.imports.register_import import ImportStatus
from schemes.invitation import InvitationState
from schemes.mandate import MandateFault
from schemes.name_policy import Meaning
from schemes.office_days import Country
from schemes.payee import Capacity, Format, Language, PaymentMethod
from schemes.payee_details import PersonFault
from schemes.payee_search import SearchBy
from schemes.period import Frequency, NonWorkingDay, PayDay
from schemes.person import Role
from schemes.revision import Subject
from schemes.risk import Risk, RiskReason
from schemes.scheme_change import FromDay
from schemes.suspension import SuspensionDay
from schemes.typed_details import DetailsFault

VOCABULARIES: list[tuple[type[StrEnum], dict]] = [
    (Role, people_words.ROLES),
    (Role, people_words.ROLE_HINTS),
    (InvitationState, people_words.STATES),
    (Frequency, scheme_words.FREQUENCIES),
    (PayDay, scheme_words.PAY_DAYS),
    (NonWorkingDay, scheme_words.NON_WORKING),
    (AmountKind, scheme_words.AMOUNTS),
    (BandPays, scheme_words.BANDS),
    (PartPeriod, scheme_words.PARTS),
    (GateKind, scheme_words.GATES),
    (FromDay, scheme_words.FROM_DAYS),
    (Capacity, words.CAPACITIES),
    (RowReason, import_words.ROW_REASONS),
    (Mend, import_words.MENDS),
    (Look, import_words.LOOKS),
    (ImportStatus, import_words.STATUSES),
    (NumberCheck, import_words.NUMBER_CHECKS),
    (PayrollStatus, payroll_words.STATUSES),
    (PaymentStatus, payroll_words.PAYMENTS),
    (UnpaidReason, payroll_words.UNPAID),
    (PayDateReason, payroll_words.PAY_DATES),
    (Kind, finding_words.KINDS),
    (Severity, finding_words.SEVERITIES),
    (Bar, gate_words.BARS),
    (DelegationFault, people_words.DELEGATION_FAULTS),
    (Country, deadline_words.COUNTRIES),
    (FreezeFault, deadline_words.FREEZE_FAULTS),
    (LedgerAccount, ledger_words.ACCOUNTS),
    (ProfileName, export_words.PROFILES),
    (Event, ledger_words.EVENTS),
    (DifferenceKind, ledger_words.DIFFERENCES),
    (ClosingFault, ledger_words.CLOSING_FAULTS),
    (entry.Match, statement_words.MATCHES),
    (statement.FileStatus, statement_words.FILE_STATUSES),
    (statement.StatementFault, statement_words.STATEMENT_FAULTS),
    (table.Column, statement_words.COLUMNS),
    (AttachmentFault, gate_words.ATTACHMENT_FAULTS),
    (EvidenceForm, scheme_words.EVIDENCE_FORMS),
    (GateKind, gate_words.AFTER_GO),
    (NoticeStatus, notice_words.NOTICES),
    (CameBy, payee_words.CAME_BY),
    (State, payee_words.STATES),
    (Stopped, payee_words.STOPS),
    (DetailsFault, payee_words.DETAILS_FAULTS),
    (Outcome, confirmation_words.OUTCOMES),
    (Code, confirmation_words.CODES),
    (Meaning, confirmation_words.MEANINGS),
    (Silence, confirmation_words.SILENCES),
    (AccountType, confirmation_words.ACCOUNT_TYPES),
    (LineOutcome, correction_words.OUTCOMES),
    (CheckOutcome, file_words.OUTCOMES),
    (ReportFault, correction_words.REPORT_FAULTS),
    (Risk, payee_words.RISKS),
    (RiskReason, payee_words.RISK_REASONS),
    (HoldKind, payee_words.HOLDS),
    (HoldKind, payee_words.HOLD_CHOICES),
    (HoldDate, payee_words.HOLD_DATES),
    (NotDue, award_words.NOT_DUE),
    (AwardDay, award_words.AWARD_DAYS),
    (SuspensionDay, award_words.SUSPENSION_DAYS),
    (Misfit, field_words.MISFITS),
    (Channel, contact_words.CHANNELS),
    (ContactFault, contact_words.CONTACT_FAULTS),
    (Format, contact_words.FORMATS),
    (Language, contact_words.LANGUAGES),
    (Subject, contact_words.SUBJECTS),
    (Likelihood, duplicate_words.LIKELIHOODS),
    (PairStatus, duplicate_words.STATUSES),
    (Fact, duplicate_words.FACTS),
    (MergeBar, duplicate_words.MERGE_BARS),
    (Holder, duplicate_words.HOLDERS),
    (PersonFault, register_words.PERSON_FAULTS),
    (MandateFault, register_words.MANDATE_FAULTS),
    (PaymentMethod, register_words.PAYMENT_METHODS),
    (SearchBy, register_words.SEARCHES),
    (DutyPattern, duty_words.PATTERNS),
    (BodyKind, body_words.KINDS),
    (ProfileFault, bank_profile_words.FAULTS),
    (ColourFault, body_words.COLOURS),
    (CoverFault, duty_words.COVER_FAULTS),
    (KeyFault, api_key_words.FAULTS),
    (KeyKind, api_key_words.KINDS),
    (Scope, api_key_words.SCOPES),
]


@pytest.mark.parametrize(("values", "told"), VOCABULARIES, ids=lambda part: getattr(part, "__name__", ""))
def test_every_value_has_words(values, told):
    assert set(values) == set(told)


def test_every_column_of_a_register_is_explained():
    assert set(import_words.COLUMN_WORDS) == set(COLUMNS)
    assert set(COLUMNS) <= set(import_words.FIELDS)


@pytest.mark.parametrize("fault", FileFault)
def test_every_fault_of_a_file_has_a_sentence_even_without_its_facts(fault):
    assert file_words.file_sentence(fault, {})


@pytest.mark.parametrize(
    ("fault", "facts", "says"),
    [
        (FileFault.NOT_TEXT, {"looks_like": "UTF-16"}, "in the middle of a character"),
        (FileFault.MISSING_COLUMNS, {"missing": ["amount"]}, "lacks the column amount. Add it"),
        (FileFault.MISSING_COLUMNS, {"missing": ["amount", "sort_code"]}, "columns amount and sort_code. Add them"),
        (FileFault.UNKNOWN_COLUMNS, {"unknown": ["iban"]}, "column iban"),
        (FileFault.TOO_MANY_COLUMNS, {"found": 60}, "60 columns"),
        (FileFault.UNPACKS_TOO_LARGE, {"most": 250_000_000}, "unpacks to more than 250 MB"),
        (FileFault.NOT_CSV, {"looks_like": "quotes", "line": 7}, "line 7"),
    ],
)
def test_a_fault_of_a_file_is_told_with_its_facts(fault, facts, says):
    assert says in file_words.file_sentence(fault, facts)


DAY = date(2026, 11, 25)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
