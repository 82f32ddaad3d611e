"""Each check as a pure function: what it finds, what it leaves alone, and that a clean payroll has only notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bacs.modulus import Outcome
from payouts.checks import accounts, amounts, dates, names
from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import SEVERITIES, Kind, Severity
from payouts.checks.run import OF_PAYMENT, OF_PAYROLL
from payouts.confirmation.codes import Code
from payouts.confirmation.confirmation import Standing
from payouts.difference.comparison import Unexplained
from payouts.payment import PaymentLine
from schemes.file_format import FileFormat
from schemes.name_policy import NamePolicy

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROPOSER, CONFIRMER = UUID(int=1), UUID(int=2)
LINE = PaymentLine(
    id=UUID(int=10),
    ordinal=1,
    amount_pence=100_00,
    reference="HIL-0001-000001",
    payee_id=UUID(int=11),
    beneficiary_id=UUID(int=12),
    award_id=UUID(int=13),
    account_id=UUID(int=14),
    holder_name="J BLOGGS",
    fingerprint=b"f",
    modulus_outcome="pass",
    sealed_details=b"",
    key_id=UUID(int=15),
    ring_key_id="k1",
    wrapped=b"",
    proposed_by=PROPOSER,
    confirmed_by=CONFIRMER,
)
FACTS = PayrollFacts(
    payment_count=2,
    item_count=2,
    total_pence=200_00,
    due_count=2,
    due_pence=200_00,
    median_pence=100_00,
    payment_limit_pence=600_00,
    payroll_limit_pence=1000_00,
    item_limit_pence=500_00,
    file_limit_pence=900_00,
    items_per_file=3,
    deadline_at=NOON,
    now=NOON,
    shared_accounts={},
    several_payments={},
    arrears={},
    duplicates={},
    paid_before=frozenset({LINE.award_id}),
    confirmations={LINE.account_id: Standing(Code.MATC, NOON)},
    account_count=1,
    confirmed_count=1,
    name_policy=NamePolicy(),
    unexplained=Unexplained(0, 0),
)


def found_in(line=LINE, facts=FACTS):
    found = [one for check in OF_PAYROLL for one in check(facts)]
    return {one.kind for one in (*found, *(one for check in OF_PAYMENT for one in check(line, facts)))}


def test_a_payee_who_is_probably_another_one_paid_here_needs_a_reason():
    assert Kind.POSSIBLY_ONE_PERSON in found_in(facts=replace(FACTS, duplicates={LINE.payee_id: ["HILF-00002"]}))


def test_money_for_earlier_periods_needs_a_reason():
    [found] = amounts.arrears(LINE, replace(FACTS, arrears={LINE.award_id: (500, 2)}))
    assert (found.kind, found.facts) == (Kind.ARREARS, {"arrears_pence": 500, "periods": 2})


def test_a_clean_payroll_has_nothing_to_find():
    assert found_in() == set()


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"payment_count": 0, "total_pence": 0, "due_count": 0, "due_pence": 0}, {Kind.NOTHING_TO_PAY}),
        ({"due_count": 3}, {Kind.TOTALS_DIFFER}),
        ({"due_pence": 200_01}, {Kind.TOTALS_DIFFER}),
        ({"total_pence": 199_99}, {Kind.TOTALS_DIFFER}),
        ({"total_pence": 900_00, "due_pence": 900_00}, set()),
        ({"total_pence": 900_01, "due_pence": 900_01}, {Kind.FILE_OVER_LIMIT}),
        ({"total_pence": 1000_01, "due_pence": 1000_01}, {Kind.FILE_OVER_LIMIT, Kind.PAYROLL_OVER_LIMIT}),
        ({"payment_count": 4, "due_count": 4, "item_count": 3}, set()),
        ({"payment_count": 4, "due_count": 4, "item_count": 4}, {Kind.TOO_MANY_ITEMS}),
        ({"now": NOON + timedelta(seconds=1)}, {Kind.CUT_OFF_PASSED}),
        ({"shared_accounts": {b"f": 2}}, {Kind.ONE_ACCOUNT_SEVERAL_PAYEES}),
        ({"shared_accounts": {b"g": 2}}, set()),
        ({"several_payments": {LINE.payee_id: 2}}, {Kind.ONE_PAYEE_SEVERAL_PAYMENTS}),
        ({"items_over_limit": {LINE.id: 500_01}}, {Kind.COMBINED_OVER_BANK_LIMIT}),
        ({"items_over_limit": {UUID(int=99): 500_01}}, set()),
        ({"several_payments": {UUID(int=99): 2}}, set()),
        ({"paid_before": frozenset()}, {Kind.FIRST_PAYMENT}),
        ({"median_pence": 16_66}, {Kind.UNUSUALLY_LARGE}),
        ({"median_pence": 16_67}, set()),
        ({"median_pence": 0}, set()),
    ],
)
def test_a_payroll_of_which_the_facts_are_so_has_these_findings(changes, kinds):
    assert found_in(facts=replace(FACTS, **changes)) == kinds


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"amount_pence": 500_00}, set()),
        ({"amount_pence": 500_01}, {Kind.ITEM_OVER_BANK_LIMIT}),
        ({"amount_pence": 600_00}, {Kind.ITEM_OVER_BANK_LIMIT}),
        ({"amount_pence": 600_01}, {Kind.ITEM_OVER_BANK_LIMIT, Kind.PAYMENT_OVER_LIMIT, Kind.UNUSUALLY_LARGE}),
        ({"modulus_outcome": Outcome.FAIL}, {Kind.MODULUS_FAILED}),
        ({"modulus_outcome": Outcome.BAD_INPUT}, {Kind.MODULUS_FAILED}),
        ({"modulus_outcome": Outcome.NOT_CHECKABLE}, {Kind.MODULUS_NOT_CHECKABLE}),
        ({"modulus_outcome": Outcome.FOREIGN_CURRENCY}, {Kind.FOREIGN_CURRENCY_ACCOUNT}),
        ({"confirmed_by": None}, {Kind.BANK_DETAILS_UNCONFIRMED}),
        ({"confirmed_by": PROPOSER}, {Kind.BANK_DETAILS_UNCONFIRMED}),
        ({"holder_name": "J BLOGGS AND A BLO"}, set()),
        ({"holder_name": "J BLOGGS AND A BLOG"}, {Kind.NAME_CUT}),
        ({"holder_name": "Zoë Núñez"}, {Kind.NAME_REWRITTEN}),
        ({"holder_name": "Siân Llewellyn-Humphreys"}, {Kind.NAME_CUT}),
        ({"holder_name": "李 小龍"}, {Kind.NAME_EMPTY}),
    ],
)
def test_a_payment_of_which_these_things_are_so_has_these_findings(changes, kinds):
    assert found_in(LINE._replace(**changes)) == kinds


def test_what_a_name_loses_is_what_the_form_of_the_files_cannot_carry():
    long, accents = LINE._replace(holder_name="Sian Llewellyn-Humphreys & Son"), LINE._replace(holder_name="Zoë Núñez")
    message = replace(FACTS, file_format=FileFormat.PAIN001_GOLDMAN_SACHS)
    assert [one.kind for one in names.on_the_wire(long, FACTS)] == [Kind.NAME_CUT]
    assert [one.facts for one in names.on_the_wire(long, message)] == [{"carried": "Sian Llewellyn-Humphreys + Son"}]
    assert [one.facts for one in names.on_the_wire(accents, message)] == [{"carried": "Zoe Nunez"}]


def test_a_finding_says_which_payment_and_the_figures_that_its_sentence_needs():
    (cut,) = names.on_the_wire(LINE._replace(holder_name="Siân Llewellyn-Humphreys"), FACTS)
    assert (cut.payment_id, cut.facts) == (LINE.id, {"carried": "SIAN LLEWELLYN-HUM"})
    (large,) = amounts.unusually_large(LINE._replace(amount_pence=601_00), FACTS)
    assert (large.payment_id, large.facts) == (LINE.id, {"median_pence": 100_00})
    (shared,) = accounts.shared(LINE, replace(FACTS, shared_accounts={b"f": 3}))
    assert shared.facts == {"payees": 3}
    (late,) = dates.in_time(replace(FACTS, now=NOON + timedelta(days=1)))
    assert (late.payment_id, late.facts) == (None, {"deadline": NOON.isoformat()})
    (differ,) = amounts.totals_agree(replace(FACTS, due_pence=1))
    assert differ.facts == {"count": 2, "due_count": 2, "total_pence": 200_00, "due_pence": 1}


def test_every_kind_has_a_severity_and_each_that_moves_money_wrongly_blocks():
    assert SEVERITIES.keys() == set(Kind)
    blocks = {kind for kind, severity in SEVERITIES.items() if severity is Severity.BLOCK}
    assert blocks >= {Kind.MODULUS_FAILED, Kind.BANK_DETAILS_UNCONFIRMED, Kind.TOTALS_DIFFER, Kind.CUT_OFF_PASSED}
