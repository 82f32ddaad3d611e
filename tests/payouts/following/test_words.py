"""The texts of the public pages: each language says all of it, of every stage, with the same facts."""

from __future__ import annotations

from datetime import date
from string import Formatter

import pytest

from payouts.following import words
from payouts.following.progress import Stage, stage_of
from payouts.payment import CAME_BACK, FREED, PaymentStatus
from schemes.payee import Language

ENGLISH = Language.ENGLISH
PAY_DAY = date(2026, 11, 27)
BEFORE, AFTER = date(2026, 11, 26), date(2026, 11, 28)


def fields_of(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize("language", Language)
def test_a_language_says_all_that_english_says_with_the_same_facts(language):
    assert words.PAGE[language].keys() == words.PAGE[ENGLISH].keys()
    for key, text in words.PAGE[language].items():
        assert fields_of(text) == fields_of(words.PAGE[ENGLISH][key]), key
    assert set(words.STAGES[language]) == set(Stage)
    for stage, texts in words.STAGES[language].items():
        assert all(texts)
        assert list(map(fields_of, texts)) == list(map(fields_of, words.STAGES[ENGLISH][stage])), stage


def test_a_text_that_nobody_reviewed_says_so():
    for language, reviewed in words.REVIEWED.items():
        assert bool(words.PAGE[language]["unreviewed"]) is not reviewed


def test_days_are_written_as_the_language_writes_them():
    assert words.weekday(PAY_DAY, ENGLISH) == "Friday 27 November 2026"
    assert words.weekday(PAY_DAY, Language.WELSH) == "dydd Gwener 27 Tachwedd 2026"


@pytest.mark.parametrize("today", [BEFORE, PAY_DAY, AFTER])
@pytest.mark.parametrize("status", PaymentStatus)
def test_a_payment_is_said_to_be_paid_when_our_records_prove_it_and_never_by_the_clock_alone(status, today):
    stage = stage_of(status, PAY_DAY, today, again=False)
    assert (stage is Stage.PAID) == (status is PaymentStatus.PAID)
    assert (stage is Stage.CAME_BACK) == (status in CAME_BACK)
    on_its_way = {Stage.ON_ITS_WAY, Stage.DUE_TODAY, Stage.SHOULD_HAVE_ARRIVED}
    assert (stage in on_its_way) == (status is PaymentStatus.SUBMITTED)


@pytest.mark.parametrize("status", PaymentStatus)
def test_only_a_payment_whose_key_is_free_is_said_to_be_replaced(status):
    stage = stage_of(status, PAY_DAY, BEFORE, again=True)
    assert (stage is Stage.PAID_AGAIN) == (status in FREED)
