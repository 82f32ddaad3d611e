"""Files of payments from older systems: every credit a row, every total compared, nothing guessed about references."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts import registering
from schemes.account import Account
from schemes.award import Award
from schemes.errors import FileFault, FileRefused, NotAllowed, NotNow
from schemes.imports.legacy_file import (
    PAIN_001,
    STANDARD_18,
    CreditTerms,
    LegacyFile,
    TermsRefused,
    kind_of,
    summary_of,
)
from schemes.imports.mapping import ColumnMapping
from schemes.imports.register_file import read_register
from schemes.imports.register_import import ImportStatus, get_import
from schemes.person import Role

GOLDEN = Path(__file__).parents[2] / "golden"
SINGLE = (GOLDEN / "standard18" / "single-day.txt").read_bytes()
PAIN = (GOLDEN / "iso20022" / "pain.001.001.09.xml").read_bytes()
TERMS = CreditTerms(date(2026, 12, 1))
CREDIT = SINGLE.splitlines(keepends=True)[4]


@pytest.fixture
def start(seeded):
    return seeded


def read(content, terms=TERMS):
    _, rows = read_register(LegacyFile(content, kind_of(content), terms))
    return list(rows)


def told(content):
    return summary_of(content, kind_of(content))["credits"]


def test_the_credits_of_a_standard_18_file_are_rows_and_its_contra_is_not():
    rows = read(SINGLE)
    assert [(row.entry.reference, row.entry.holder_name, row.entry.amount_pence) for row in rows] == [
        ("HSF-2026-000101", "A N OTHER", 12550), ("HSF-2026-000102", "B-B SMITH & CO", 200000),
    ]  # fmt: skip
    assert [row.line for row in rows] == [5, 6]
    assert tuple(rows[0].entry.details) == ("202959", "63748472", "")
    assert (rows[0].entry.first_day, rows[0].entry.last_day) == (date(2026, 12, 1), None)
    assert told(SINGLE) == {"kind": STANDARD_18, "own_references": True, "count": 2, "total_pence": 212550,
                            "left_out": 1, "differences": []}  # fmt: skip


def test_the_payments_of_a_pain_001_message_are_rows():
    rows = read(PAIN)
    summary = told(PAIN)
    assert (summary["kind"], summary["differences"]) == (PAIN_001, [])
    assert len(rows) == summary["count"] > 0
    assert sum(row.entry.amount_pence for row in rows) == summary["total_pence"]


@pytest.mark.parametrize("name", ["bureau-multi-day.txt", "single-day.txt"])
def test_what_our_golden_files_hold_is_read_and_agrees_with_their_trailers(name):
    content = (GOLDEN / "standard18" / name).read_bytes()
    summary = told(content)
    assert summary["differences"] == []
    assert len(read(content)) == summary["count"]


@pytest.mark.parametrize(
    ("content", "differences"),
    [
        (b"".join(SINGLE.splitlines(keepends=True)[:7]), [["trailer", "", ""]]),
        (SINGLE.replace(CREDIT, b""), [["count", "2", "1"], ["pence", "212550", "200000"],
                                       ["contra_pence", "212550", "200000"]]),
        (PAIN.replace(b"</CtrlSum>", b"1</CtrlSum>") if b"</CtrlSum>" in PAIN else PAIN, None),
    ],
)  # fmt: skip
def test_a_file_that_does_not_agree_with_itself_is_told_so(content, differences):
    found = told(content)["differences"]
    assert found == differences if differences is not None else isinstance(found, list)


def test_a_payee_who_is_paid_twice_in_a_file_is_refused_on_both_rows_however_payees_are_called():
    twice = SINGLE.replace(CREDIT, CREDIT * 2)
    for terms in (TERMS, CreditTerms(TERMS.first_day, "OLD")):
        rows = read(twice, terms)
        assert [[fault.reason for fault in row.faults] for row in rows] == [
            ["repeated_reference"], ["repeated_reference"], []
        ]  # fmt: skip


def test_new_references_are_numbers_in_the_order_of_the_file():
    assert [row.entry.reference for row in read(SINGLE, CreditTerms(TERMS.first_day, "OLD"))] == [
        "OLD-000001", "OLD-000002"
    ]  # fmt: skip
    with pytest.raises(TermsRefused):
        CreditTerms(TERMS.first_day, "with space")


def test_references_that_cannot_be_a_payee_s_own_are_seen_before_anybody_chooses():
    alike = SINGLE.replace(b"HSF-2026-000102", b"HSF-2026-000101")
    assert told(alike)["own_references"] is False
    spaced = SINGLE.replace(b"HSF-2026-000101", b"HSF 2026 000101")
    assert read(spaced)[0].entry.reference == "HSF-2026-000101"


def test_a_line_that_nobody_can_tell_what_it_is_is_refused_and_not_left_out():
    rows = read(SINGLE.replace(CREDIT, b"something odd\r\n" + CREDIT))
    assert [bool(row.faults) for row in rows] == [True, False, False]


@pytest.mark.parametrize(
    ("content", "kind"),
    [(SINGLE, STANDARD_18), (CREDIT, STANDARD_18), (PAIN, PAIN_001), (b"\xef\xbb\xbf" + PAIN, PAIN_001), (b"a,b\n", ""),
     (b"", ""), (b"reference,beneficiary_name,amount,start_date,account_name,sort_code\n", "")],
)  # fmt: skip
def test_a_file_is_recognised_by_what_stands_in_it(content, kind):
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"<html><body/></html>", FileFault.OTHER_XML),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><Document/>", FileFault.PAYMENT_FILE_BROKEN),
        ((GOLDEN / "iso20022" / "camt.054.001.02.xml").read_bytes(), FileFault.OTHER_XML),
        (PAIN[:-200], FileFault.PAYMENT_FILE_BROKEN),
    ],
)
def test_xml_that_is_no_payment_file_or_breaks_off_is_refused(content, fault):
    with pytest.raises(FileRefused) as refused:
        told(content)
    assert refused.value.fault is fault


@given(st.lists(st.sampled_from([CREDIT, CREDIT.lower(), b"\r\n", b"odd\r\n", CREDIT[:40] + b"\r\n",
                                 SINGLE.splitlines(keepends=True)[6], CREDIT.replace(b"0000001", b"00000x1")]),
                max_size=8))  # fmt: skip
def test_no_line_of_a_file_is_lost(lines):
    content = SINGLE.replace(CREDIT, b"".join([CREDIT, *lines]))
    rows = read(content, CreditTerms(TERMS.first_day, "OLD"))
    contras = 1 + sum(b"CONTRA" in line for line in lines)
    assert len(rows) + contras == 3 + sum(bool(line.strip()) for line in lines)
    assert all((row.entry is None) == bool(row.faults) for row in rows)


def tell(office, import_id, terms=TERMS, *, by=Role.PREPARER):
    with office.transaction() as session:
        brought = get_import(session, import_id, lock=True)
        registering.tell_terms(session, brought, terms, by=office.person(by), at=office.service.now())
    office.work()


def test_a_file_of_payments_lands_as_awards_whose_bank_details_wait_for_a_second_person(office):
    import_id = office.bring_in(SINGLE)
    with office.transaction() as session:
        brought = get_import(session, import_id)
        assert brought.status is ImportStatus.ASKING
        assert "63748472" not in str(brought.asked)
        assert "OTHER" not in str(brought.asked)
    with pytest.raises(NotAllowed):
        tell(office, import_id, by=Role.FINANCE)
    for _ in range(2):
        tell(office, import_id)
    with pytest.raises(NotNow):
        tell(office, import_id, CreditTerms(date(2026, 1, 1)))
    office.keep(import_id)
    with office.transaction() as session:
        assert get_import(session, import_id).status is ImportStatus.LANDED
        assert sorted(session.query(Award.amount_pence).all()) == [(12550,), (200000,)]
        assert {confirmed for (confirmed,) in session.query(Account.confirmed_at)} == {None}


def test_columns_are_not_told_of_a_file_of_payments_nor_terms_of_a_file_of_rows(office):
    import_id = office.bring_in(SINGLE)
    with pytest.raises(NotNow), office.transaction() as session:
        registering.tell_columns(session, get_import(session, import_id), ColumnMapping(("reference",)), source="",
                                 by=office.person(Role.PREPARER), at=office.service.now())  # fmt: skip
    rows = office.bring_in(b"a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n")
    with pytest.raises(NotNow):
        tell(office, rows)
