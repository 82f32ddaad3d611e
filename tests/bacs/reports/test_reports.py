"""Bacs reports: what is read of each, and what a hostile or broken one cannot do."""

import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.errors import BacsError, HostileXml, NotAReport, Unreadable, WrongServiceUser
from bacs.reports import (
    CorrectedAccount,
    ItemOutcome,
    ListedItem,
    Mismatch,
    ReportHeader,
    ReportKind,
    ReturnedCredit,
    ReturnReason,
    UserFileReport,
    read,
    recognise,
)
from bacs.reports.arucs import reason_of

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"
INPUT, ARUCS, AWACS = ((GOLDEN / name).read_bytes() for name in ("input.xml", "arucs.xml", "awacs.xml"))
ALL = [INPUT, ARUCS, AWACS]


def of_type(kind, data):
    return [record for record in read(data) if isinstance(record, kind)]


@pytest.mark.parametrize(("data", "kind"), [(INPUT, "InputReport"), (ARUCS, "ARUCS"), (AWACS, "AWACS")])
def test_a_report_is_recognised_by_what_it_contains(data, kind):
    assert recognise(data) == ReportKind(kind)


def test_recognising_a_file_leaves_it_where_it_was():
    file = io.BytesIO(ARUCS)
    recognise(file)
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("<ARUDD><Header reportType='x'/></ARUDD>", "ARUDD"),
        ("<AUDDIS><Header/></AUDDIS>", "AUDDIS"),
        ("<MessagingAdvices><MessagingHeader report-type='7001'/></MessagingAdvices>", "ADDACS"),
        ("<MessagingAdvices><MessagingHeader report-type='7004'/></MessagingAdvices>", "AUDDIS"),
        ("<MessagingAdvices><MessagingHeader advice-type='ADDACS'/></MessagingAdvices>", "ADDACS"),
        ("<MessagingAdvices><MessagingAdvice record-type='A'/></MessagingAdvices>", "ADDACS"),
    ],
)
def test_a_report_for_collectors_of_direct_debits_is_refused_by_name(body, name):
    with pytest.raises(NotAReport) as refused:
        read(f"<BACSDocument><Data>{body}</Data></BACSDocument>".encode())
    assert refused.value.name == name


def test_an_indemnity_claim_is_refused_by_name():
    with pytest.raises(NotAReport) as refused:
        recognise(b"<VocaDocument><Data><Document type='DDICAdvice'/></Data></VocaDocument>")
    assert refused.value.name == "DDIC"


def test_any_other_xml_is_refused_by_the_name_of_its_root():
    with pytest.raises(NotAReport, match="html"):
        recognise(b"<html><body/></html>")


def test_an_input_report_tells_of_its_user_file():
    (report,) = of_type(UserFileReport, INPUT)
    assert (report.serial_number, report.file_number, report.user_number) == ("000417", "417", "912345")
    assert report.processing_day == date(2026, 9, 16)
    assert report.is_processed
    assert report.days[0].amounts["Credit"] == (3, 222550)
    assert report.days[0].amounts["DebitContra"] == (1, 222550)
    assert report.accounts[0].entries["CreditEntry"]["RejectedRecords"] == (1, 10000)
    assert report.agreement["CreditEntry"]["UserTrailerTotals"] == (3, 222550)


def test_an_input_report_lists_what_was_not_simply_accepted():
    rejected, amended = of_type(ListedItem, INPUT)
    assert (rejected.outcome, rejected.letter, rejected.reference) == (ItemOutcome.REJECTED, "M", "HSF-2026-000103")
    assert (rejected.amount_pence, rejected.sort_code, rejected.account_number) == (10000, "202959", "00000001")
    assert rejected.meaning == "destination account and name"
    assert (amended.outcome, amended.file_number) == (ItemOutcome.AMENDED, "417")


def test_a_letter_or_an_outcome_that_nobody_knows_is_kept_and_shown():
    data = INPUT.replace(b'errorCode="M"', b'errorCode="X"').replace(b'type="REJECTED"', b'type="PARKED"')
    listed = of_type(ListedItem, data)[0]
    assert (listed.outcome, listed.letter, listed.meaning) == (ItemOutcome.UNKNOWN, "X", "")
    assert listed.raw["message.type"] == "PARKED"


def test_a_user_file_with_a_message_was_not_processed():
    data = INPUT.replace(b'fileLevelMessage=""', b'fileLevelMessage="UHL1 INVALID"')
    (report,) = of_type(UserFileReport, data)
    assert not report.is_processed


def test_accepted_and_rejected_records_that_do_not_come_to_all_are_flagged():
    data = INPUT.replace(b'TotalsRecords numberOf="3"', b'TotalsRecords numberOf="4"')
    assert of_type(Mismatch, data) == [Mismatch("089999 66374958 CreditEntry number", "4", "3")]
    assert of_type(Mismatch, INPUT) == []


def test_several_submissions_in_one_report_are_each_read():
    start, end = INPUT.index(b"<Submission>"), INPUT.index(b"</InputReport>")
    second = INPUT[start:end].replace(b"000417", b"000418")
    data = INPUT[:end] + second + INPUT[end:]
    assert [report.serial_number for report in of_type(UserFileReport, data)] == ["000417", "000418"]


@pytest.mark.parametrize("name", ["ArrivalReport", "WithdrawalReport"])
def test_arrival_and_withdrawal_reports_are_read_alike(name):
    data = INPUT.replace(b"<InputReport>", f"<{name}>".encode()).replace(b"</InputReport>", f"</{name}>".encode())
    (header,) = of_type(ReportHeader, data)
    assert header.kind == name
    assert header.produced_on == date(2026, 9, 14)


def test_a_returned_credit_has_all_that_is_needed_to_match_it():
    first = of_type(ReturnedCredit, ARUCS)[0]
    assert (first.user_number, first.reference, first.amount_pence) == ("912345", "HSF-2026-000101", 12550)
    assert (first.sort_code, first.account_number, first.account_name) == ("202959", "63748472", "A N OTHER")
    assert (first.originating_sort_code, first.originating_account_number) == ("089999", "66374958")
    assert first.original_processing_day == date(2026, 9, 16)
    assert (first.reason, first.code, first.description) == (ReturnReason.DECEASED, "0156", "Beneficiary deceased")


def test_other_spellings_of_a_returned_credit_are_read_too():
    second, third = of_type(ReturnedCredit, ARUCS)[1:]
    assert (second.reference, second.amount_pence, second.reason) == ("HSF-2026-000102", 200000, ReturnReason.CLOSED)
    assert (second.sort_code, second.account_name) == ("107999", "B-B SMITH & CO")
    assert (third.reason, third.code, third.description) == (ReturnReason.UNKNOWN, "9999", "SOMETHING NEW")
    assert third.originating_account_number == "63748472"


def test_totals_that_do_not_fit_the_items_are_flagged():
    assert of_type(Mismatch, ARUCS) == [Mismatch("count", "2", "1"), Mismatch("total_pence", "2.00", "100")]


def test_the_header_tells_one_report_from_another():
    (header,) = of_type(ReportHeader, ARUCS)
    assert header.identity == ("ARUCS", "912345", "REFT1027", "33")
    assert not header.is_test


def test_a_test_file_is_known_for_one():
    data = ARUCS.replace(b'adviceNumber="33"', b'adviceNumber="33" file-type="TEST"')
    assert of_type(ReportHeader, data)[0].is_test


@pytest.mark.parametrize(
    ("code", "description", "reason"),
    [
        ("0", "", ReturnReason.INVALID_DETAILS), ("2", "", ReturnReason.DECEASED), ("3", "", ReturnReason.TRANSFERRED),
        ("5", "", ReturnReason.NO_ACCOUNT),
        ("b", "", ReturnReason.CLOSED), ("C", "", ReturnReason.REQUESTED_BY_REMITTER),
        ("0128", "Account closed", ReturnReason.CLOSED), ("", "No Account", ReturnReason.NO_ACCOUNT),
        ("", "INVALID DETAILS", ReturnReason.INVALID_DETAILS),
        ("7", "", ReturnReason.UNKNOWN), ("", "", ReturnReason.UNKNOWN),
    ],
)  # fmt: skip
def test_a_reason_is_told_by_its_words_first_and_then_by_its_letter(code, description, reason):
    assert reason_of(code, description) is reason


def test_a_corrected_account_has_the_old_and_the_new_details():
    first, second = of_type(CorrectedAccount, AWACS)
    assert (first.sort_code, first.account_number) == ("202959", "63748472")
    assert (first.new_sort_code, first.new_account_number, first.reason) == ("107999", "88837491", "3")
    assert second.new_account_name == "C PAYEE"


def test_a_gap_in_the_sequence_of_advices_is_flagged():
    assert of_type(Mismatch, AWACS) == [Mismatch("sequence", "102", "103")]


@pytest.mark.parametrize("data", ALL)
def test_a_report_for_another_service_user_is_refused(data):
    with pytest.raises(WrongServiceUser) as refused:
        list(read(data, user_number="777777"))
    assert refused.value.found == "912345"
    assert list(read(data, user_number="912345"))


def test_a_report_without_items_is_a_report():
    assert of_type(ReportHeader, b"<BACSDocument><Data><ARUCS><Header/></ARUCS></Data></BACSDocument>")
    empty = b"<MessagingAdvices><MessagingHeader advice-type='AWACS'/></MessagingAdvices>"
    assert of_type(ReportHeader, b"<BACSDocument><Data>" + empty + b"</Data></BACSDocument>")


def test_the_declared_encoding_is_followed():
    data = ARUCS.decode().replace("UTF-8", "ISO-8859-1").replace("A N OTHER", "ZOË").encode("latin-1")
    assert of_type(ReturnedCredit, data)[0].account_name == "ZOË"


def test_empty_elements_may_be_closed_either_way():
    data = ARUCS.replace(b'currentProcessingDate="2026-09-18"/>', b'currentProcessingDate="2026-09-18">\n </Header>')
    assert list(read(data)) == list(read(ARUCS))


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE BACSDocument [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE BACSDocument SYSTEM "http://127.0.0.1:9/evil.dtd">',
        b'<!DOCTYPE BACSDocument [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b"<!DOCTYPE BACSDocument>",
    ],
)
@pytest.mark.parametrize("data", ALL)
def test_a_document_type_is_refused_before_anything_is_read(doctype, data):
    declaration_end = data.index(b"?>") + 2
    with pytest.raises(HostileXml):
        list(read(data[:declaration_end] + doctype + data[declaration_end:]))


@pytest.mark.parametrize("data", [b"", b"not xml", b"<a", b"<?xml version='1.0' encoding='klingon'?><a/>", b"\x00\x01"])
def test_what_is_no_xml_is_refused(data):
    with pytest.raises(Unreadable):
        read(data)


@pytest.mark.parametrize("data", ALL)
def test_a_file_cut_off_anywhere_is_refused(data):
    for length in range(0, len(data.rstrip()) - 1, 7):
        with pytest.raises(BacsError):
            list(read(data[:length]))


@given(st.sampled_from(ALL), st.lists(st.tuples(st.integers(0, 2500), st.binary(min_size=1, max_size=4)), max_size=4))
def test_a_damaged_report_is_read_or_refused_and_nothing_else(data, damages):
    damaged = bytearray(data)
    for place, damage in damages:
        damaged[place : place + len(damage)] = damage
    assert outcome(bytes(damaged)) == outcome(io.BytesIO(damaged))


def outcome(source):
    """What is read, or how it is refused."""
    try:
        return list(read(source))
    except BacsError as refused:
        return repr(refused)


def test_a_tag_without_end_is_given_up_before_it_fills_the_memory():
    data = b"<BACSDocument><Data><ARUCS note='" + b"x" * 3_000_000 + b"'/></Data></BACSDocument>"
    with pytest.raises(Unreadable, match="larger"):
        list(read(data))


def test_a_file_that_never_says_what_it_is_is_given_up_early():
    with pytest.raises(NotAReport, match="a is not"):
        recognise(b"<a>" + b"<b/>" * 5000)
