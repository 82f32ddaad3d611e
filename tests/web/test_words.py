"""Every reason, status and refusal that a person can meet has its words."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest

from bacs.modulus import Outcome as NumberCheck
from payouts.cancelling import CancelReasonMissing
from payouts.channels.download import BytesDiffer
from payouts.channels.release import DaysGone, ReleaseRefused, TooLate
from payouts.channels.submission import NoFileChosen, NotDownloaded, SubmissionReferenceMissing, SubmittedWhen
from payouts.checks.acceptance import ReasonMissing
from payouts.checks.finding import Kind, Severity
from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.meaning import AnswerNeedsReason, BlockedByAnswer
from payouts.confirmation.provider import AccountType, ConfirmationNotSetUp, Silence
from payouts.difference.comparison import NotExplained
from payouts.erasure import ErasureBar, ErasureRefused
from payouts.files.file_check import CheckOutcome, NotAPaymentFile
from payouts.files.sealing import FindingsOpen, PaymentsStopped
from payouts.gates.attachment import AttachmentFault, AttachmentRefused, EvidenceNeeded
from payouts.gates.cover import CoverEnded, NewBankDetails, OverCeiling
from payouts.gates.deciding import DecidesLater, DecisionRefused, GateNotReached, ManifestChanged, ReasonNeeded
from payouts.gates.query import NotAsked, QuestionEmpty
from payouts.gates.release_freeze import Frozen
from payouts.gates.separation import Bar
from payouts.gates.standing_in import NotHandedOver
from payouts.ledger.control_run import DifferenceKind
from payouts.ledger.entry import Event, LedgerAccount
from payouts.ledger.held import NotHeld
from payouts.ledger.period import ClosingFault, ClosingRefused
from payouts.machine_time import ClockWrong
from payouts.notices.notice import NoticeStatus
from payouts.off_cycle import NobodyLeftOut, NotLeftOut
from payouts.parallel_run.old_file import Column, ColumnsRefused
from payouts.payment import PaymentStatus, UnpaidReason
from payouts.payroll import PayDateReason, PayDateRefused, PayrollStatus, PeriodsOverlap
from payouts.responses.by_hand import NotAtTheBank
from payouts.responses.correction import LineOutcome
from payouts.responses.correction_file import ReportFault, ReportRefused
from payouts.subject_access import PersonErased
from payouts.taking_out import NotInPayroll
from payouts.top_up import NothingToTopUp
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
    words,
)
from schemes.account import CameBy, State, Stopped
from schemes.amount import AmountKind, BandPays, PartPeriod
from schemes.api_key import KeyFault, KeyKind, KeyRefused, Scope
from schemes.award import AwardDay, AwardDayRefused, AwardThere
from schemes.award_history import NotDue
from schemes.bank_details import ChangeHeld, ProposalWaiting, SameDetails
from schemes.bank_profile_change import AccountNotSeen, ProfileFault, ProfileRefused
from schemes.body import BodyKind, DutyPattern
from schemes.body_details import NameMissing
from schemes.call_back import CallBackNeeded, ContactTooNew
from schemes.change import ChangedSince, ChangeWaiting, NothingToChange
from schemes.colour import ColourFault, ColourRefused
from schemes.contact import ContactKnown
from schemes.contact_value import Channel, ContactFault, ContactRefused
from schemes.cooling_off import HighRiskSooner
from schemes.credential_reset import BelongsToLiveBody
from schemes.delegation import DelegationFault, DelegationRefused
from schemes.duplicates.likeness import Fact, Likelihood
from schemes.duplicates.merge import MergeBar, MergeRefused
from schemes.duplicates.pair import PairStatus
from schemes.duties import CoverFault, CoverTermsRefused, ReviewsMissing
from schemes.errors import (
    FieldFault,
    FieldsRefused,
    FileFault,
    FileRefused,
    Misfit,
    NotAddressed,
    NotAllowed,
    NotFound,
    NotNow,
    OutOfRange,
    PasswordGuessable,
    PasswordTooShort,
    ReasonNotGiven,
    Refused,
    SamePerson,
    SignInSlowed,
)
from schemes.freeze import FreezeFault, FreezeRefused
from schemes.gate_rule import EvidenceForm, GateKind
from schemes.hold import HoldDate, HoldDateRefused, HoldKind
from schemes.imports.entry import COLUMNS, Mend, RowReason
from schemes.imports.legacy_file import TermsRefused
from schemes.imports.mapping import Look, MappingRefused
from schemes.imports.register_import import ImportStatus, NotWhole
from schemes.invitation import AnotherPerson, InvitationState, InvitedAlready, LinkUsedUp, MemberAlready
from schemes.mandate import MandateFault, MandateRefused
from schemes.name_policy import Meaning
from schemes.note import NoteEmpty
from schemes.office_days import ClosedDayRefused, Country
from schemes.one_off_payment import OneOffFault, OneOffRefused
from schemes.payee import Capacity, Format, Language, PaymentMethod
from schemes.payee_details import PersonFault, PersonRefused
from schemes.payee_search import SearchBy
from schemes.period import Frequency, NonWorkingDay, NoPeriod, PayDay
from schemes.person import Role
from schemes.recovery import RecoveryThere
from schemes.revision import Subject
from schemes.risk import Risk, RiskReason
from schemes.role_change import NoRole, NotPerScheme
from schemes.scheme import CodeTaken
from schemes.scheme_change import FromDay, FromDayRefused
from schemes.suspension import SuspensionDay, SuspensionDayRefused
from schemes.typed_details import DetailsFault, DetailsRefused
from schemes.write_off import WriteOffThere
from tests import passkeys

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
    (Event, ledger_words.EVENTS),
    (DifferenceKind, ledger_words.DIFFERENCES),
    (ClosingFault, ledger_words.CLOSING_FAULTS),
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

REFUSALS: list[Refused] = [
    *passkeys.REFUSALS,
    NotAllowed("approver"),
    SamePerson("brought these bank details in"),
    NotNow("payroll", "submitted", "cancelled"),
    PasswordTooShort(12),
    FileRefused(FileFault.EMPTY),
    MappingRefused(missing=["amount"]),
    NotWhole(3),
    TermsRefused("prefix"),
    PayDateRefused(PayDateReason.TOO_EARLY, DAY, DAY, DAY),
    CancelReasonMissing(),
    ClockWrong(timedelta(hours=1)),
    ReasonMissing(),
    FindingsOpen(3),
    ColumnsRefused(missing=[Column.AMOUNT]),
    NotInPayroll(1),
    NobodyLeftOut(),
    NothingToTopUp(),
    OneOffRefused("amount", OneOffFault.AMOUNT, limit_pence=100),
    NotLeftOut(["HILF-00001"]),
    DaysGone(date(2026, 12, 28)),
    NotAsked(),
    QuestionEmpty(),
    NotAPaymentFile("neither a Standard 18 file nor XML"),
    ChangeWaiting(),
    NothingToChange(),
    ChangedSince(),
    DecisionRefused(Bar.BUILT_IT),
    NotHandedOver(),
    DelegationRefused(DelegationFault.ONESELF),
    Frozen(DAY, urgent_allowed=True),
    FreezeRefused(FreezeFault.OVER),
    ClosingRefused(ClosingFault.NOT_OVER),
    NotHeld(),
    ClosedDayRefused(DAY),
    AttachmentRefused(AttachmentFault.EMPTY),
    GateNotReached("Ready"),
    ManifestChanged(),
    ReasonNeeded(),
    EvidenceNeeded("Balance"),
    NotExplained(2, -150),
    ReleaseRefused(["payments", "file X.txt"]),
    TooLate(NOON),
    NoFileChosen(),
    NotDownloaded(),
    BytesDiffer("HIL-0001.txt"),
    SubmittedWhen(),
    SubmissionReferenceMissing(),
    PaymentsStopped(1),
    ReasonNotGiven("reject it"),
    OutOfRange("cooling-off", 21, 0, 20),
    DetailsRefused("sort_code", DetailsFault.SORT_CODE),
    ProposalWaiting(),
    SameDetails(),
    ConfirmationNotSetUp(),
    CallBackNeeded(),
    ContactTooNew(DAY),
    HighRiskSooner(),
    ChangeHeld(),
    BlockedByAnswer(),
    AnswerNeedsReason(),
    ReportRefused(ReportFault.TEST),
    HoldDateRefused(HoldDate.IN_THE_FUTURE),
    AwardThere(UUID(int=1)),
    RecoveryThere(),
    WriteOffThere(),
    AccountNotSeen(),
    AwardDayRefused(AwardDay.ENDS_BEFORE_START),
    SuspensionDayRefused(SuspensionDay.REVIEW_MISSING),
    MergeRefused(MergeBar.BOTH_HAVE_AWARD),
    ErasureRefused(ErasureBar.STILL_NEEDED),
    PersonErased(),
    FieldsRefused("inputs", [FieldFault("units", Misfit.NOT_A_NUMBER)]),
    NoPeriod(DAY),
    ContactRefused(ContactFault.EMAIL),
    ContactKnown(),
    NoteEmpty(),
    PersonRefused("name", PersonFault.NAME),
    MandateRefused("last_day", MandateFault.DAYS_REVERSED),
    CoverTermsRefused(CoverFault.TOO_LONG),
    ColourRefused(ColourFault.TOO_PALE),
    NameMissing(),
    ProfileRefused("name", ProfileFault.NAME),
    ReviewsMissing(1),
    CoverEnded(DAY),
    OverCeiling(2, 1),
    NewBankDetails(9, ["P-1", "P-2"]),
    CodeTaken("HIL"),
    FromDayRefused(FromDay.PERIODS_CUT, DAY),
    PeriodsOverlap(7, DAY, DAY),
    DecidesLater(NOON),
    NotPerScheme("auditor"),
    NoRole(),
    PasswordGuessable(),
    NotAddressed(),
    MemberAlready(),
    InvitedAlready(),
    LinkUsedUp(),
    AnotherPerson(),
    KeyRefused(KeyFault.DETAILS_AND_PAYMENTS),
    BelongsToLiveBody(),
    NotAtTheBank(),
]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (FieldFault("units", Misfit.OUT_OF_RANGE, (0, 1_500)), "Enter a value from 0 to 1.5"),
        (FieldFault("bands.2.pence", Misfit.OUT_OF_RANGE, (1, 150)), "Enter a value from £0.01 to £1.50"),
        (FieldFault("rate", Misfit.NOT_A_NUMBER), "Enter an amount in pounds and pence, like 12.50"),
        (FieldFault("unit", Misfit.TOO_LONG, (30,)), "Use at most 30"),
    ],
)
def test_a_field_that_does_not_fit_is_told_with_what_it_could_be(fault, says):
    assert field_words.fault_sentence(fault) == says


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_every_refusal_has_a_sentence_of_its_own(refusal):
    class OfNoKind(Refused):
        pass

    assert words.sentence(refusal) != words.sentence(OfNoKind())


def test_no_refusal_is_forgotten(app):
    # a page answers to these two, so no form has to
    answered_by_pages = {NotFound, SignInSlowed}
    ours = {kind for kind in all_kinds(Refused) if kind.__module__.partition(".")[0] in ("schemes", "payouts")}
    assert ours - answered_by_pages == {type(refusal) for refusal in REFUSALS}


def all_kinds(of: type[Refused]) -> set[type[Refused]]:
    return {kind for below in of.__subclasses__() for kind in (below, *all_kinds(below))}
