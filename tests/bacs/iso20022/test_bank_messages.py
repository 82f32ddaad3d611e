"""Reading what the bank sends back: pain.002, camt.053, camt.054."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.errors import BacsError, HostileXml, Unreadable
from bacs.iso20022 import camt, instructions, pain002, schemas
from bacs.iso20022.reading import Mismatch, recognise

GOLDEN = Path(__file__).parents[2] / "golden" / "iso20022"
STATEMENT, NOTIFICATION, STATUS, REQUEST = (
    (GOLDEN / f"{name}.xml").read_bytes()
    for name in ("camt.053.001.08", "camt.054.001.02", "pain.002.001.03", "pain.001.001.09")
)
READERS = [(STATEMENT, camt.read), (NOTIFICATION, camt.read), (STATUS, pain002.read), (REQUEST, instructions.read)]


def of_type(kind, data, read=camt.read):
    return [record for record in read(data) if isinstance(record, kind)]


@pytest.mark.parametrize(
    ("data", "name"), [(STATEMENT, "camt.053.001.08"), (NOTIFICATION, "camt.054.001.02"), (STATUS, "pain.002.001.03")]
)
def test_the_golden_files_are_valid_by_the_official_schemas(data, name, assert_valid):
    assert_valid(data, name)
    assert recognise(data) == name[:8]


def test_a_statement_tells_its_account_and_balances_before_its_entries():
    statement = next(camt.read(STATEMENT))
    assert (statement.statement_id, statement.sequence_number, statement.account) == ("S-77", "77", "08999966374958")
    assert [(each.code, each.amount_pence, each.day) for each in statement.balances] == [
        ("OPBD", 1000000, date(2026, 9, 17)),
        ("CLBD", 800000, date(2026, 9, 17)),
    ]


def test_every_entry_becomes_a_record():
    batch, returned, charge = of_type(camt.Entry, STATEMENT)
    assert (batch.amount_pence, batch.is_credit, batch.status, batch.batch_id) == (212550, False, "BOOK", "HSF-417")
    assert (batch.batch_message_id, batch.batch_count, batch.text) == ("HSF-417-1", 2, "BACS BATCH")
    assert (batch.transaction_count, batch.transaction_pence, batch.is_return) == (2, 212550, False)
    assert (batch.booked_on, batch.value_day) == (date(2026, 9, 17), date(2026, 9, 17))
    assert (returned.is_credit, returned.is_reversal, returned.is_return) == (True, True, True)
    assert (returned.bank_code, returned.proprietary_code) == ("PMNT/ICDT/RRTN", "RA")
    assert (charge.status, charge.transaction_count, charge.bank_code) == ("PDNG", 0, "")


def test_every_transaction_of_a_batch_becomes_a_record():
    first, second, returned = of_type(camt.Transaction, STATEMENT)
    assert (first.end_to_end_id, first.amount_pence, first.batch_id) == ("HSF-417-1", 12550, "HSF-417")
    assert (first.creditor_name, first.creditor_account, first.creditor_sort_code) == (
        "A N OTHER",
        "63748472",
        "202959",
    )
    assert (first.uetr, first.remittance) == ("123e4567-e89b-42d3-a456-426614174000", "HSF-2026-000101")
    assert (second.end_to_end_id, second.amount_pence, second.is_credit) == ("HSF-417-2", 200000, False)
    assert returned.entry.servicer_reference == "B-2"


def test_a_return_carries_its_reason_and_all_its_text():
    returned = of_type(camt.Transaction, STATEMENT)[2]
    assert (returned.reason, returned.reason_text) == ("MD07", "ARUCS 2 BENEFICIARY DECEASED")
    assert returned.text == "RETURNED & CREDITED"
    assert returned.is_return


def test_an_only_transaction_without_an_amount_has_its_entrys():
    assert of_type(camt.Transaction, STATEMENT)[2].amount_pence == 12550


def test_prefixes_encodings_and_odd_amounts_are_read():
    (transaction,) = of_type(camt.Transaction, NOTIFICATION)
    assert transaction.entry.amount_pence == 1250
    assert (transaction.amount_pence, transaction.currency) == (1250, "GBP")
    assert (transaction.creditor_name, transaction.end_to_end_id) == ("ZOË", "")
    assert (transaction.reason_proprietary, transaction.is_return) == ("ARUCS-5", True)


@pytest.mark.parametrize(
    "data",
    [
        STATEMENT.replace(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', b""),
        STATEMENT.replace(b"camt.053.001.08", b"camt.053.001.13"),
        STATEMENT.replace(b"<Document", b"<Envelope><Head/><Document").replace(
            b"</Document>", b"</Document></Envelope>"
        ),
        STATEMENT.replace(b">HSF-417-2<", b"><![CDATA[HSF-417-2]]><"),
        STATEMENT.replace(b"   <Ntry>", b"   <!-- note --><Ntry><?pi?>"),
        STATEMENT.replace(b"\n", b"").replace(b"> <", b"><"),
    ],
)
def test_namespaces_wrappers_comments_and_layout_do_not_matter(data):
    assert list(camt.read(data)) == list(camt.read(STATEMENT))


def test_an_entry_read_the_slow_way_is_the_same(monkeypatch):
    quick = list(camt.read(STATEMENT))
    monkeypatch.setattr("bacs.iso20022.shapes.MOST_SHAPES", 0)
    assert list(camt.read(STATEMENT)) == quick


def test_a_mixed_batch_is_summed_by_each_payments_own_direction():
    data = STATEMENT.replace(b'"GBP">2000.00</Amt><CdtDbtInd>DBIT', b'"GBP">2000.00</Amt><CdtDbtInd>CRDT')
    assert of_type(camt.Entry, data)[0].transaction_pence == 12550 - 200000


def test_a_statement_that_does_not_add_up_says_so():
    assert of_type(Mismatch, STATEMENT) == []
    data = STATEMENT.replace(b"8000.00", b"8000.01").replace(b"<NbOfNtries>3", b"<NbOfNtries>4")
    assert of_type(Mismatch, data) == [
        Mismatch("entries", "4", "3"),
        Mismatch("closing_balance_pence", "800001", "800000"),
    ]


def test_a_statement_without_entries_is_a_statement():
    start, end = STATEMENT.index(b"   <Ntry>"), STATEMENT.index(b"  </Stmt>")
    (statement, *rest) = camt.read(STATEMENT[:start] + STATEMENT[end:])
    assert statement.statement_id == "S-77"
    assert [each.what for each in rest] == ["entries", "closing_balance_pence"]


def test_several_statements_in_one_file_are_kept_apart():
    start, end = STATEMENT.index(b"  <Stmt>"), STATEMENT.index(b" </BkToCstmrStmt>")
    data = STATEMENT[:end] + STATEMENT[start:end].replace(b"S-77", b"S-78") + STATEMENT[end:]
    assert [each.statement_id for each in of_type(camt.Statement, data)] == ["S-77", "S-78"]
    assert [each.statement_id for each in of_type(camt.Entry, data)] == ["S-77"] * 3 + ["S-78"] * 3


def test_a_status_report_tells_group_batch_and_payments():
    report, group, first, second, batch = pain002.read(STATUS)
    assert report.message_id == "R-1"
    assert (group.message_id, group.status, group.count) == ("HSF-417-1", "PART", 2)
    assert (first.batch_id, first.end_to_end_id, first.instruction_id) == ("HSF-417", "HSF-417-1", "I-1")
    assert first.status == "RJCT"
    assert [tuple(reason) for reason in first.reasons] == [("AC04", "", "ACCOUNT CLOSED"), ("", "1160", "")]
    assert (second.status, second.servicer_reference, second.clearing_reference) == ("ACSC", "B-9", "F-9")
    assert (batch.batch_id, batch.status) == ("HSF-417", "PART")
    assert [reason.text for reason in batch.reasons] == ["SEE BELOW"]


@pytest.mark.parametrize("version", ["pain.002.001.10", "pain.002.001.14"])
def test_newer_versions_and_unknown_codes_are_read_alike(version):
    data = STATUS.replace(b"pain.002.001.03", version.encode()).replace(b">RJCT<", b">ZZZZ<")
    assert next(each for each in pain002.read(data) if isinstance(each, pain002.PaymentStatus)).status == "ZZZZ"


def test_a_rejection_of_the_whole_file_names_no_payment():
    start, end = STATUS.index(b"<OrgnlPmtInfAndSts>"), STATUS.index(b"</CstmrPmtStsRpt>")
    data = (STATUS[:start] + STATUS[end:]).replace(
        b"<GrpSts>PART</GrpSts>", b"<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM10</Cd></Rsn></StsRsnInf>"
    )
    group = list(pain002.read(data))[1]
    assert (group.status, group.reasons[0].code) == ("RJCT", "AM10")


@pytest.mark.parametrize(("data", "read"), READERS)
def test_a_file_cut_off_anywhere_is_refused(data, read):
    for length in range(0, len(data.rstrip()) - 1, 11):
        with pytest.raises(BacsError):
            list(read(data[:length]))


@pytest.mark.parametrize(("data", "read"), READERS)
def test_a_document_type_is_refused_before_anything_is_read(data, read):
    place = data.index(b"?>") + 2
    hostile = data[:place] + b'<!DOCTYPE Document [<!ENTITY a "b">]>' + data[place:].replace(b"</", b"&a;</", 1)
    with pytest.raises(HostileXml):
        list(read(hostile))


@pytest.mark.parametrize(
    ("data", "read"), [(STATUS, camt.read), (STATEMENT, pain002.read), (b"<html/>", instructions.read)]
)
def test_another_message_is_refused_by_name(data, read):
    with pytest.raises(Unreadable, match="expected"):
        list(read(data))


@given(
    st.sampled_from(READERS), st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), max_size=4)
)
def test_a_damaged_message_is_read_or_refused_and_nothing_else(case, damages):
    data, read = case
    damaged = bytearray(data)
    for place, damage in damages:
        damaged[place : place + len(damage)] = damage
    assert outcome(read, bytes(damaged)) == outcome(read, BytesIO(damaged))


def outcome(read, source):
    """What is read, or how it is refused."""
    try:
        return list(read(source))
    except BacsError as refused:
        return repr(refused)


def test_what_breaks_the_schema_is_recorded_with_its_line(schema_path):
    path = schema_path("camt.053.001.08")
    assert schemas.faults(STATEMENT, path) == []
    wrapped = STATEMENT.replace(b"<Document", b"<Envelope><Document").replace(b"</Document>", b"</Document></Envelope>")
    assert schemas.faults(wrapped, path) == []
    (fault,) = schemas.faults(STATEMENT.replace(b"<CdtDbtInd>DBIT", b"<CdtDbtInd>OUT ", 1), path)
    assert fault.line == 14
    assert "CdtDbtInd" in fault.message


def test_a_file_cut_off_is_never_valid(schema_path):
    for length in range(0, len(STATEMENT.rstrip()) - 1, 501):
        with pytest.raises(Unreadable):
            schemas.faults(STATEMENT[:length], schema_path("camt.053.001.08"))


def test_what_stands_between_entries_is_not_kept():
    between = b"<Junk>" + b"x" * 1000 + b"</Junk>"
    entries = (b"<Ntry/>" + between * 20) * 100
    data = b"<Document><BkToCstmrStmt><Stmt><Id>S</Id>" + entries + b"</Stmt></BkToCstmrStmt></Document>"
    assert len(of_type(camt.Entry, data)) == 100


def test_a_part_larger_than_any_banks_is_given_up(monkeypatch):
    monkeypatch.setattr("bacs.xmlstream.LARGEST_ELEMENT", 200_000)
    data = b"<Document><BkToCstmrStmt><Stmt>" + b"<Junk/>" * 50_000 + b"</Stmt></BkToCstmrStmt></Document>"
    with pytest.raises(Unreadable, match="larger"):
        list(camt.read(data))


def test_a_text_in_many_pieces_is_joined_in_linear_time():
    pieces = b"<AddtlInf>a</AddtlInf>" * 100_000
    transaction = b"<TxDtls><RtrInf>" + pieces + b"</RtrInf></TxDtls>"
    data = b"<Document><BkToCstmrStmt><Stmt><Ntry><NtryDtls>" + transaction
    data += b"</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"
    (found,) = of_type(camt.Transaction, data)
    assert len(found.reason_text) == 199_999


text = st.text("AB z&<>'0é", max_size=8)


@given(st.lists(st.tuples(text, text, st.booleans()), max_size=6))
def test_quick_and_slow_reading_of_entries_agree(rows):
    from xml.sax.saxutils import escape

    entries = "".join(
        f"<Ntry><Amt Ccy='GBP'>1.00</Amt><Sts>{escape(first)}</Sts><NtryDtls><TxDtls><Refs><EndToEndId>{escape(second)}"
        f"</EndToEndId>{'<MsgId> x </MsgId>' if more else ''}</Refs></TxDtls></NtryDtls></Ntry>"
        for first, second, more in rows
    )
    data = f"<Document><BkToCstmrStmt><Stmt><Id>S</Id>{entries}</Stmt></BkToCstmrStmt></Document>".encode()
    found = [(each.entry.status, each.end_to_end_id, each.message_id) for each in of_type(camt.Transaction, data)]
    assert len(of_type(camt.Entry, data)) == len(rows)
    for (status, reference, message), (first, second, more) in zip(found, rows, strict=False):
        assert (status, reference, message) == (first.strip(), second.strip(), "x" if more else "")
