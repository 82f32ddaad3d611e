"""Every refusal that a person can meet is told in a sentence of its own, in plain English."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from payouts.cancelling import CancelReasonMissing
from payouts.channels.dispatch import GoesByItself
from payouts.channels.download import BytesDiffer
from payouts.channels.made import MadeWhen
from payouts.channels.progress import NothingFound
from payouts.channels.release import DaysGone, ReleaseRefused, TooLate
from payouts.channels.submission import NoFileChosen, NotDownloaded, SubmissionReferenceMissing, SubmittedWhen
from payouts.checks.acceptance import OneByOne, ReasonMissing
from payouts.checks.finding import Kind
from payouts.checks.funds import FundsDayPassed
from payouts.confirmation.meaning import AnswerNeedsReason, BlockedByAnswer
from payouts.confirmation.provider import ConfirmationNotSetUp
from payouts.difference.comparison import NotExplained
from payouts.erasure import ErasureBar, ErasureRefused
from payouts.exports.codes import Missing
from payouts.exports.journal import CodesMissing, JournalDiffers, NothingPosted
from payouts.files.destroying import FileDestroyed
from payouts.files.file_check import NotAPaymentFile
from payouts.files.sealing import FindingsOpen, PaymentsStopped
from payouts.first_hour.practice import OnlyInASandbox
from payouts.first_hour.sign_up import SandboxNameRefused, SignUpSlowed
from payouts.gates.attachment import AttachmentFault, AttachmentRefused, EvidenceNeeded
from payouts.gates.cover import CoverEnded, NewBankDetails, OverCeiling
from payouts.gates.deciding import DecidesLater, DecisionRefused, GateNotReached, ManifestChanged, ReasonNeeded
from payouts.gates.opening import NotOpened
from payouts.gates.query import NotAsked, QuestionEmpty
from payouts.gates.release_freeze import Frozen
from payouts.gates.release_funds import FundsLacking
from payouts.gates.separation import Bar
from payouts.gates.standing_in import NotHandedOver
from payouts.going_live.answering import OtherList
from payouts.going_live.asking import NotReady, OnlyPractises
from payouts.going_live.promoted_account import AccountFault
from payouts.going_live.promotion import DayNotNamed, Incomplete, NoSandbox
from payouts.going_live.readiness import NotSaid
from payouts.ledger.held import DecidedAsReturn, NotHeld
from payouts.ledger.period import ClosingFault, ClosingRefused
from payouts.looking_back.look_back import ActionRefused, ActionsOpen, NothingSaid
from payouts.machine_time import ClockWrong
from payouts.notices.connection import NotifyFault, NotifyTermsRefused
from payouts.notices.lint import Fault, WordingFault, WordingRefused
from payouts.off_cycle import NobodyLeftOut, NotLeftOut
from payouts.parallel_run.old_file import Column, ColumnsRefused
from payouts.payroll import PayDateReason, PayDateRefused, PeriodsOverlap
from payouts.reports.period import DaysRefused
from payouts.responses.by_hand import NotAtTheBank, OtherAmount
from payouts.responses.correction_file import ReportFault, ReportRefused
from payouts.returns.outcome import BeingPaidAgain, ReviewDayRefused
from payouts.returns.recall import TooLateToRecall
from payouts.returns.reissue import NothingToReissue, NotToReissue
from payouts.returns.tracing import NotDueYet
from payouts.sandbox.bank.days import NotASandbox, NothingMoreToSay
from payouts.statement import manual, rule, table
from payouts.subject_access import PersonErased
from payouts.taking_out import NotInPayroll
from payouts.top_up import NothingToTopUp
from payouts.urgent import NoFasterPaymentsFile
from payouts.web import (
    field_words,
    words,
)
from payouts.webhooks.address import AddressFault, AddressRefused
from payouts.webhooks.webhook import WebhookFault, WebhookRefused
from schemes.api_key import KeyFault, KeyRefused
from schemes.award import AwardDay, AwardDayRefused, AwardThere
from schemes.bank_connection import ConnectionFault, ConnectionTermsRefused
from schemes.bank_details import ChangeHeld, ProposalWaiting, SameDetails
from schemes.bank_profile_change import AccountNotSeen, ProfileFault, ProfileRefused
from schemes.body_details import NameMissing
from schemes.call_back import CallBackNeeded, ContactTooNew
from schemes.change import ChangedSince, ChangeWaiting, NothingToChange
from schemes.claim import ClaimFault, ClaimRefused
from schemes.colour import ColourFault, ColourRefused
from schemes.contact import ContactKnown
from schemes.contact_value import ContactFault, ContactRefused
from schemes.cooling_off import HighRiskSooner
from schemes.credential_reset import BelongsToLiveBody
from schemes.delegation import DelegationFault, DelegationRefused
from schemes.duplicates.merge import MergeBar, MergeRefused
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
from schemes.hold import HoldDate, HoldDateRefused
from schemes.imports.legacy_file import TermsRefused
from schemes.imports.mapping import MappingRefused
from schemes.imports.register_import import NotWhole
from schemes.invitation import AnotherPerson, InvitedAlready, LinkUsedUp, MemberAlready
from schemes.mandate import MandateFault, MandateRefused
from schemes.name_policy import MatchNeedsAsking
from schemes.new_payee import HomeRefused, SafetyReasonNotGiven
from schemes.note import NoteEmpty
from schemes.office_days import ClosedDayRefused
from schemes.older_copy import OlderCopy
from schemes.one_off_payment import OneOffFault, OneOffRefused
from schemes.payee_details import PersonFault, PersonRefused
from schemes.period import NoPeriod
from schemes.recovery import RecoveryThere
from schemes.role_change import NoRole, NotPerScheme
from schemes.scheme import CodeTaken
from schemes.scheme_change import FromDay, FromDayRefused
from schemes.suspension import SuspensionDay, SuspensionDayRefused
from schemes.typed_details import DetailsFault, DetailsRefused
from schemes.write_off import WriteOffThere
from tests import passkeys

DAY = date(2026, 11, 25)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

REFUSALS: list[Refused] = [
    AddressRefused(AddressFault.INTERNAL),
    WebhookRefused(WebhookFault.KEY),
    *(NotifyTermsRefused("api_key", fault) for fault in NotifyFault),
    *(WordingRefused([WordingFault(fault, "body", ("x",))]) for fault in Fault),
    ConnectionTermsRefused("host", ConnectionFault.HOST),
    GoesByItself(),
    NotASandbox(),
    NotReady(2),
    NotSaid(),
    NoSandbox(),
    Incomplete(["scheme/HIL"]),
    DayNotNamed("HIL"),
    AccountFault("Main account", "account_number", ProfileFault.ACCOUNT),
    OnlyPractises(),
    OtherList(),
    ActionRefused(),
    ActionsOpen(2),
    NothingSaid(),
    OnlyInASandbox(),
    SandboxNameRefused(),
    SignUpSlowed(NOON),
    NothingMoreToSay(),
    NothingFound(),
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
    OlderCopy(),
    ReasonMissing(),
    OneByOne(Kind.POSSIBLY_ONE_PERSON),
    NotOpened(2),
    FindingsOpen(3),
    ColumnsRefused(missing=[Column.AMOUNT]),
    NotInPayroll(1),
    NobodyLeftOut(),
    NothingToTopUp(),
    NoFasterPaymentsFile(),
    MadeWhen(),
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
    FundsLacking(DAY, None, reason_allowed=True),
    FundsLacking(DAY, 100, reason_allowed=False),
    FundsDayPassed(),
    FreezeRefused(FreezeFault.OVER),
    ClosingRefused(ClosingFault.NOT_OVER),
    DaysRefused("2026-02-01 to 2026-01-31"),
    NotHeld(),
    DecidedAsReturn(),
    rule.RuleSaysNothing(),
    rule.TooManyRules(),
    NothingPosted(),
    JournalDiffers(2, 1),
    CodesMissing((Missing(None, "", "suspense"),)),
    manual.DoesNotFit(),
    table.ColumnsWrong(amounts=True),
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
    MatchNeedsAsking(),
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
    FileDestroyed("HIL.txt", datetime(2033, 4, 1, tzinfo=UTC)),
    ErasureRefused(ErasureBar.STILL_NEEDED),
    PersonErased(),
    FieldsRefused("inputs", [FieldFault("units", Misfit.NOT_A_NUMBER)]),
    NoPeriod(DAY),
    ContactRefused(ContactFault.EMAIL),
    HomeRefused(ContactFault.ADDRESS),
    SafetyReasonNotGiven("keep to certain contacts"),
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
    OtherAmount(521_25, 179_50),
    NothingToReissue(),
    NotToReissue(["HIL-1"]),
    ReviewDayRefused(),
    BeingPaidAgain(7),
    *(ClaimRefused(fault) for fault in ClaimFault),
    TooLateToRecall(NOON),
    NotDueYet(DAY),
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
