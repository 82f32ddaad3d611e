"""A bank's own table is read as banks and Windows write it, for sure or not at all."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.commands import ground
from payouts.commands.statement import statement_group as command
from payouts.statement import cells, statement
from payouts.statement.entry import BankEntry, texts_of
from payouts.statement.statement import FileStatus, StatementFault
from payouts.statement.table import Column, Columns, guessed
from schemes.person import Role
from tests.payouts.statement.bank import send


@pytest.fixture
def start(landed):
    return landed


def tell(office, asked, columns):
    with office.transaction() as session:
        file = statement.get_file(session, asked.id, lock=True)
        statement.tell_columns(session, file, columns, by=office.person(Role.FINANCE), at=office.service.now())
    office.work(leave="notices.send")
    with office.transaction() as session:
        return statement.get_file(session, asked.id)


def test_a_table_is_read_as_banks_and_windows_write_them(office):
    written = (
        "Account;20-00-00 55779911\r\n\r\n"
        "Transaction Date;Details;Amount (£);DR/CR\r\n"
        "25 Nov 2026;Café £ fee;1,234.50;DR\r\n"
        "26-Nov-26;Back;£7.00;CR\r\n"
    )
    asked = send(office, written.encode("cp1252"), name="bank.csv")
    assert asked.header == ["transaction_date", "details", "amount_(£)", "dr/cr"]
    read = tell(office, asked, guessed(asked.header))
    assert (read.status, read.entry_count) == (FileStatus.READ, 2)
    with office.transaction() as session:
        rows = session.scalars(select(BankEntry).order_by(BankEntry.position)).all()
        texts = texts_of(session, office.service.seals, rows)
    said = [(row.booked_on, row.amount_pence, row.is_credit, texts[row.id]) for row in rows]
    assert said == [(date(2026, 11, 25), 1234_50, False, "Café £ fee"), (date(2026, 11, 26), 7_00, True, "Back")]


def test_a_comma_before_the_pence_is_told_and_never_taken_for_thousands(office):
    table = "\ufeffDatum;Text;Betrag\n25.11.2026;Miete;-1.234,56\n26.11.2026;Zins;12,50\n".encode()
    places = {Column.DAY: 0, Column.DESCRIPTION: 1, Column.AMOUNT: 2}
    asked = send(office, table, name="bank.csv")
    wrong = tell(office, asked, Columns(places))
    assert (wrong.fault, wrong.fault_at) == (StatementFault.BAD_ROW, 2)
    again = send(office, table, name="bank.csv")
    assert (again.id, again.status) == (asked.id, FileStatus.ASKING), "sent again it is asked about again"
    read = tell(office, again, Columns(places, decimal_comma=True))
    assert (read.status, read.fault) == (FileStatus.READ, None)
    with office.transaction() as session:
        rows = session.scalars(select(BankEntry).order_by(BankEntry.position)).all()
    assert [(row.amount_pence, row.is_credit) for row in rows] == [(1234_56, False), (12_50, True)]
    assert send(office, table, name="bank.csv").id == asked.id
    with office.transaction() as session:
        assert len(session.scalars(select(BankEntry.id)).all()) == 2, "and what was read is not read twice"


def test_the_command_shows_how_a_table_would_be_read_before_it_is(office, service, monkeypatch, tmp_path):
    monkeypatch.setattr(ground, "service", lambda: service)
    monkeypatch.setattr(ground, "acting", lambda *_: office.person(Role.FINANCE))
    asked = send(office, b"Datum;Text;Betrag\n25.11.2026;Miete;-1.234,56\n", name="bank.csv")
    words = ["columns", str(asked.id), "--is", "day=Datum", "--is", "description=text", "--is", "amount=Betrag"]
    words += ["--as", "femi@harbour.example"]
    refused = CliRunner().invoke(command, words)
    assert "line 2: amount can't be read from '-1.234,56'" in refused.output
    shown = CliRunner().invoke(command, [*words, "--decimal-comma"], catch_exceptions=False).output
    assert shown == "2026-11-25\tout\t£1,234.56\tMiete\n"
    read = CliRunner().invoke(command, [*words, "--decimal-comma", "--read"], catch_exceptions=False).output
    assert "1 entries, 0 known before" in read


@pytest.mark.parametrize(
    ("written", "pence"),
    [
        ("1,234.50", 1234_50),
        ("-12.5", -12_50),
        ("(7.00)", -7_00),
        ("£3.00 DR", -3_00),
        ("3.00CR", 3_00),
        ("4.00-", -4_00),
        ("+.50", 50),
        ("−5", -5_00),
        ("12,50", None),
        ("1.234,56", None),
        ("1,23,456.00", None),
        ("0.005", None),
        ("-4.00-", None),
        ("(7.00", None),
        ("-", None),
    ],
)
def test_an_amount_is_read_for_sure_or_not_at_all(written, pence):
    assert cells.read_amount(written) == pence


@pytest.mark.parametrize(("written", "pence"), [("12,50", 12_50), ("1 234,56", 1234_56), ("12.50", None)])
def test_a_comma_before_the_pence_is_read_where_somebody_said_so(written, pence):
    assert cells.read_amount(written, decimal_comma=True) == pence


@pytest.mark.parametrize(
    "written", ["25/11/2026", "25/11/26", "25.11.2026", "25 Nov 2026", "25-Nov-26", "20261125", "2026-11-25T09:30:00"]
)
def test_a_day_is_read_as_banks_write_it(written):
    assert cells.read_day(written) == date(2026, 11, 25)
    assert cells.read_day("11/25/2026") is None
    assert cells.read_day("11/25/2026", month_first=True) == date(2026, 11, 25)
