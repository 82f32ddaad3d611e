"""Every value that the bank's answers and what came back may have is told in words."""

from __future__ import annotations

import pytest

from payouts.responses.file_word import FileSays
from payouts.responses.line import Says
from payouts.responses.response import ResponseFault, ResponseKind, ResponseStatus
from payouts.responses.suspense import SuspenseStatus
from payouts.returns.outcome import Outcome
from payouts.returns.reason import Reason
from payouts.returns.recall import RecallStatus
from payouts.returns.returned import CaseStatus
from payouts.returns.trace import (
    PayeeTold,
    SaidAccount,
    StepKind,
    ToldBy,
    TraceOutcome,
    TraceStage,
    TraceWhy,
)
from payouts.returns.tracing import BankAnswer
from payouts.web import response_words, return_words, trace_words

VOCABULARIES = [
    (ResponseKind, response_words.KINDS),
    (ResponseStatus, response_words.STATUSES),
    (ResponseFault, response_words.FAULTS),
    (Says, response_words.SAYS),
    (FileSays, response_words.FILE_SAYS),
    (SuspenseStatus, response_words.SUSPENSE),
    (Reason, return_words.REASONS),
    (CaseStatus, return_words.STATUSES),
    (Outcome, return_words.OUTCOMES),
    (RecallStatus, return_words.RECALLS),
    (TraceWhy, trace_words.WHYS),
    (ToldBy, trace_words.TOLD_BY),
    (TraceStage, trace_words.STAGES),
    (SaidAccount, trace_words.SAID),
    (TraceOutcome, trace_words.OUTCOMES),
    (StepKind, trace_words.STEPS),
    (PayeeTold, trace_words.PAYEE_TOLD),
    (BankAnswer, trace_words.ANSWERS),
]


@pytest.mark.parametrize(("values", "told"), VOCABULARIES, ids=lambda part: getattr(part, "__name__", ""))
def test_every_value_has_words(values, told):
    assert set(values) == set(told)
