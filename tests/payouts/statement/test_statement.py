"""What the bank says is read once, whole or not at all, and matched where it is certain; a person says the rest."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.commands import ground
from payouts.commands.statement import statement_group as command
from payouts.files.payment_file import files_of
from payouts.ledger import control
from payouts.ledger.control_run import DifferenceKind
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment
from payouts.people import confirm
from payouts.responses.file_word import FileSays, states_of
from payouts.statement import manual, statement
from payouts.statement.entry import BankEntry, Match, texts_of, unmatched
from payouts.statement.matching import contra_matched
from payouts.statement.posted import BookAccount, stands, suspense, unlike_the_entries
from payouts.statement.repeated import overlaps
from payouts.statement.statement import FileStatus, StatementFault, gaps
from payouts.statement.table import Column, Columns, ColumnsWrong, guessed
from schemes.change import get_change
from schemes.database import new_id
from schemes.errors import NotAllowed, SamePerson
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive
from tests.payouts.statement.bank import account_of, camt, entry, pounds, returned, say, send


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def file(office, sealed):
    """The one file of a payroll that went to the bank."""
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    with office.transaction() as session:
        return files_of(session, sealed.payroll_id)[0]


@pytest.fixture
def account(office):
    return account_of(office)


@pytest.fixture
def payments(office, file):
    """The first payments, with references of their own."""
    with office.transaction() as session:
        rows = session.scalars(select(Payment).order_by(Payment.ordinal).limit(3)).all()
    assert len({row.reference for row in rows}) == 3
    return rows


def matches(office):
    with office.transaction() as session:
        return [row.match for row in session.scalars(select(BankEntry).order_by(BankEntry.position))]


def test_contra_returns_and_fees_are_matched_and_the_rest_waits_in_suspense(office, sealed, file, account, payments):
    first, second, _ = payments
    contra, fee, other = file.total_pence, 1250, 99_00
    entries = (
        entry(contra, f"BACS 000000 {file.serial:06d}"),
        entry(fee, "ACCOUNT CHARGES"),
        entry(other, "SOMEBODY ELSE", credit=True),
        returned(first.amount_pence, first.reference),
        returned(second.amount_pence + 1, second.reference),
    )
    came = other + first.amount_pence + second.amount_pence + 1
    content = camt(account, *entries, opening=5_000_000_00, closing=5_000_000_00 - contra - fee + came)
    with office.transaction() as session:
        assert not contra_matched(session, sealed.payroll_id)
    read = send(office, content)
    assert (read.status, read.entry_count, read.known_entries) == (FileStatus.READ, 5, 0)
    assert matches(office) == [Match.CONTRA, Match.FEE, None, Match.RETURN, None]
    with office.transaction() as session:
        assert contra_matched(session, sealed.payroll_id)
        assert FileSays.CONTRA in states_of(session, sealed.payroll_id)[0].says, "closing the payroll waits for it"
        assert suspense(session) == (2, other + second.amount_pence + 1, 0)
        waiting = unmatched(session)
        assert texts_of(session, office.service.seals, waiting)[waiting[0].id] == "SOMEBODY ELSE"
    assert send(office, content).id == read.id
    again = send(office, content + b"\n")
    assert (again.entry_count, again.known_entries) == (0, 5), "the same bookings in other bytes"


def test_rejected_items_lessen_the_contra_and_several_bookings_make_one(office, sealed, file, account, payments):
    with office.transaction() as session:
        post(session, Event.REJECTED, [payments[0].id], at=office.service.now())
    left = file.total_pence - payments[0].amount_pence
    name = f"BACS {file.serial:06d}"
    send(office, camt(account, entry(1_00, name, ref="a"), entry(left - 1_00, name, ref="b")))
    assert matches(office) == [Match.CONTRA, Match.CONTRA]
    with office.transaction() as session:
        assert contra_matched(session, sealed.payroll_id)


def test_a_contra_without_a_name_is_certain_only_by_amount_and_day_of_one(office, file, account):
    send(office, camt(account, entry(file.total_pence, "DIRECT CREDITS", day=date(2026, 11, 24))))
    assert matches(office) == [None]
    send(office, camt(account, entry(file.total_pence, "DIRECT CREDITS"), number=2))
    assert set(matches(office)) == {Match.CONTRA, None}


def test_a_return_that_fits_two_payments_waits_unless_a_report_returned_one_of_them(office, file, account, owner):
    with office.transaction() as session:
        first, second = session.scalars(select(Payment).order_by(Payment.ordinal).limit(2)).all()
    with owner.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE payment DISABLE TRIGGER ALL")
        connection.exec_driver_sql(
            f"UPDATE payment SET reference = 'ALIKE', amount_pence = 5000 WHERE id IN ('{first.id}', '{second.id}')"
        )
    send(office, camt(account, returned(5000, "ALIKE")))
    assert matches(office) == [None]
    with office.transaction() as session:
        post(session, Event.RETURNED, [second.id], at=office.service.now())
    send(office, camt(account, entry(1_00, "FEE"), number=2))
    with office.transaction() as session:
        found = session.scalars(select(BankEntry).where(BankEntry.match == Match.RETURN)).one()
    assert found.payment_id == second.id


def test_a_wrong_or_hostile_statement_leaves_its_fault_and_no_entry(office, account):
    good = camt(account, entry(1_00, "x"))
    refused = {
        camt("20000012345678", entry(1_00, "x")): StatementFault.OTHER_ACCOUNT,
        camt(account, entry(1_00, "x"), opening=0, closing=5): StatementFault.DOES_NOT_ADD_UP,
        good[:-40]: StatementFault.NOT_READABLE,
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + good[21:]: StatementFault.HOSTILE,
        b"<Document><CstmrPmtStsRpt/></Document>": StatementFault.OTHER_MESSAGE,
        good.replace(b'"GBP"', b'"EUR"'): StatementFault.OTHER_CURRENCY,
        b"\x00\x01": StatementFault.BAD_TABLE,
    }
    for content, fault in refused.items():
        file = send(office, content)
        assert (file.status, file.fault) == (FileStatus.UNREADABLE, fault)
    assert matches(office) == []


def test_a_statement_that_does_not_open_with_what_the_last_closed_with_is_told_until_the_missing_one_comes(
    office, account
):
    days = [date(2026, 11, day) for day in (23, 24, 25)]
    first, second, third = (
        camt(
            account,
            entry(1_00, "x", day=day),
            number=number,
            opening=10_00 - number * 1_00,
            closing=9_00 - number * 1_00,
        )
        for number, day in enumerate(days, start=1)
    )
    send(office, first)
    send(office, third)
    with office.transaction() as session:
        (gap,) = gaps(session)
        assert (gap.closed_pence, gap.opened_pence) == (8_00, 7_00)
    send(office, second)
    for content in (first, third):
        send(office, content + b"\n")
    with office.transaction() as session:
        assert gaps(session) == [], "a statement that comes again leaves nothing out"


def test_a_banks_own_table_is_asked_about_once_and_remembered(office, file, payments):
    header = "Date,Details,Paid out,Paid in,Running balance\n"
    one = f"25/11/2026,PAYROLL 1,{pounds(file.total_pence)},,-{pounds(file.total_pence)}\n"
    back = payments[0]
    two = (
        f"27/11/2026,RA {back.reference},,{pounds(back.amount_pence)},-{pounds(file.total_pence - back.amount_pence)}\n"
    )
    asked = send(office, (header + one).encode(), name="bank.csv")
    assert asked.status is FileStatus.ASKING
    columns = guessed(asked.header)
    assert set(columns.places) == {
        Column.DAY,
        Column.DESCRIPTION,
        Column.MONEY_OUT,
        Column.MONEY_IN,
        Column.BALANCE,
    }
    with office.transaction() as session:
        with pytest.raises(ColumnsWrong):
            statement.tell_columns(
                session,
                statement.get_file(session, asked.id, lock=True),
                Columns({Column.DAY: 0}),
                by=office.person(Role.FINANCE),
                at=office.service.now(),
            )
        statement.tell_columns(
            session,
            statement.get_file(session, asked.id, lock=True),
            columns,
            by=office.person(Role.FINANCE),
            at=office.service.now(),
        )
    office.work(leave="notices.send")
    assert matches(office) == [Match.CONTRA]
    later = send(office, (header + two + one).encode(), name="bank.csv")
    assert (later.status, later.entry_count, later.known_entries) == (FileStatus.READ, 1, 1)
    with office.transaction() as session:
        assert session.scalars(select(BankEntry.payment_id).where(BankEntry.match == Match.RETURN)).all() == [back.id]
    wrong = send(office, (header + one.replace(",-", ",-9") + two).encode(), name="bank.csv")
    assert wrong.fault is StatementFault.DOES_NOT_ADD_UP
    bad = send(office, (header + one + "tomorrow,x,1.00,,\n").encode(), name="bank.csv")
    assert (bad.fault, bad.fault_at) == (StatementFault.BAD_ROW, 3)


def test_what_a_person_says_of_an_entry_counts_when_a_second_person_confirms_it(
    office, sealed, file, account, payments
):
    finance, approver, at = office.person(Role.FINANCE), office.person(Role.APPROVER), office.service.now()
    late = date(2026, 11, 26)
    send(office, camt(account, entry(file.total_pence, "DIRECT CREDITS", day=late), returned(1_00, "NOBODY")))
    with office.transaction() as session:
        contra, back = unmatched(session)
        assert [each.file_id for each in manual.suggestions(session, contra)[0]] == [file.id]

    def propose(entry_id, match, target, by=finance):
        with office.transaction() as session:
            return manual.propose(session, entry_id, match, target, change_id=new_id(), reason="seen", by=by, at=at).id

    def decide(change_id, by):
        with office.transaction() as session:
            confirm(session, office.service, get_change(session, change_id, lock=True), by=by, at=at)

    for entry_id, match, target in (
        (back.id, Match.RETURN, payments[0].id),
        (back.id, Match.FEE, None),
        (contra.id, Match.RETURN, payments[0].id),
    ):
        with pytest.raises(manual.DoesNotFit):
            propose(entry_id, match, target)
    with pytest.raises(NotAllowed):
        propose(contra.id, Match.CONTRA, file.id, by=approver)
    change_id = propose(contra.id, Match.CONTRA, file.id)
    with pytest.raises(SamePerson):
        decide(change_id, finance)
    decide(change_id, approver)
    with office.transaction() as session:
        assert FileSays.CONTRA in states_of(session, sealed.payroll_id)[0].says
    decide(propose(back.id, Match.NOT_OURS, None), approver)
    assert matches(office) == [Match.CONTRA, Match.NOT_OURS]
    with office.transaction() as session:
        assert contra_matched(session, sealed.payroll_id)
    decide(propose(contra.id, None, None), approver)
    assert matches(office) == [None, Match.NOT_OURS]
    with office.transaction() as session:
        assert not contra_matched(session, sealed.payroll_id)


def test_what_came_back_under_a_roll_number_is_offered_once_a_report_has_returned_it(
    office, sealed, file, account, payments
):
    bank = at_the_bank(office, sealed.payroll_id)
    receive(office, bank.arucs((bank.items[1], "3")))
    back = payment_of(office, bank.items[1])
    send(office, camt(account, returned(back.amount_pence, "9677/6885701-3"), opening=-back.amount_pence, closing=0))
    office.work(leave="notices.send")

    def offered():
        with office.transaction() as session:
            [one] = session.scalars(select(BankEntry)).all()
            return one.id, one.match, [payment.id for payment, _ in manual.suggestions(session, one)[1]]

    entry_id, match, payment_ids = offered()
    assert (match, payment_ids) == (None, [back.id])
    say(office, entry_id, Match.RETURN, back.id)
    assert offered() == (entry_id, Match.RETURN, [])


def test_what_came_back_under_the_payee_s_own_roll_number_is_matched_by_itself(office, sealed, file, account):
    bank = at_the_bank(office, sealed.payroll_id)
    back = [(item, payment_of(office, item)) for item in bank.items]
    item, payment = next((item, payment) for item, payment in back if item.reference != payment.reference)
    twice = returned(payment.amount_pence, item.reference), returned(payment.amount_pence, "9677/6885701-3")
    pence = 2 * payment.amount_pence
    send(office, camt(account, *twice, opening=-pence, closing=0))
    assert matches(office) == [None, None], "no report has returned it yet"
    receive(office, bank.arucs((item, "3")))
    send(office, camt(account, returned(1, "another"), opening=-1, closing=0, number=2))
    assert matches(office) == [Match.RETURN, None, None]


def test_the_daily_control_names_what_the_bank_says_otherwise(office, sealed, file, account, payments, clock):
    def kinds():
        with office.transaction() as session:
            return {
                (each.kind, each.here, each.there): each.payroll
                for each in control.compare(session, asked_by=None, at=office.service.now()).found()
            }

    first, second, _ = payments
    assert kinds() == {}, "nothing is known of an account whose statements nobody sends"
    name = f"BACS {file.serial:06d}"
    send(office, camt(account, entry(file.total_pence - 1, name), returned(first.amount_pence, first.reference)))
    contra = (DifferenceKind.CONTRA, file.total_pence, 0)
    assert kinds() == {contra: 1, (DifferenceKind.RETURN_NOT_REPORTED, 0, first.amount_pence): 1}
    with office.transaction() as session:
        post(session, Event.RETURNED, [first.id, second.id], at=office.service.now())
    assert kinds() == {contra: 1}
    clock.advance(days=20)
    late = entry(1_00, "FEE", day=date(2026, 12, 14))
    send(office, camt(account, late, number=2, opening=5, closing=5 - 1_00))
    assert kinds() == {
        contra: 1,
        (DifferenceKind.RETURN_NOT_BOOKED, second.amount_pence, 0): 1,
        (DifferenceKind.SUSPENSE, 0, file.total_pence - 1): None,
    }


def test_the_command_line_receives_a_statement_and_lists_what_is_not_matched(
    office, service, account, monkeypatch, tmp_path
):
    monkeypatch.setattr(ground, "service", lambda: service)
    monkeypatch.setattr(ground, "acting", lambda *_: office.person(Role.FINANCE))
    path = tmp_path / "bank.csv"
    path.write_text("Date,Details,Amount\n25/11/2026,FEE,-1.00\n26/11/2026,SOMEBODY,2.00\n", "utf-8")
    asked = ["receive", str(path), "--as", "femi@harbour.example"]
    refused = CliRunner().invoke(command, asked)
    assert refused.exit_code == 1
    assert "columns are not known yet" in refused.output
    told = CliRunner().invoke(command, [*asked, "--guess-columns"], catch_exceptions=False)
    assert "2 entries, 0 known before" in told.output
    listed = CliRunner().invoke(command, ["unmatched"], catch_exceptions=False).output
    assert listed.split("\t")[1:] == ["2026-11-26", "in", "£2.00", "SOMEBODY\n"]


def test_a_booking_that_another_statement_tells_in_other_words_counts_once(office, account):
    alike = entry(1250, "ACCOUNT CHARGES"), entry(1250, "ACCOUNT CHARGES")
    send(office, camt(account, *alike, entry(99_00, "SOMEBODY", credit=True), opening=0, closing=74_00))
    words = entry(1250, "Charges of the account"), entry(1250, "Charges (2)"), entry(1250, "Charges (3)")
    again = send(office, camt(account, *words, entry(99_00, "SOMEBODY", credit=True), number=7), name="portal.xml")
    assert (again.entry_count, again.known_entries) == (3, 1)
    assert sorted(map(str, matches(office))) == ["None", "fee", "fee", "fee", "repeated", "repeated"]
    with office.transaction() as session:
        [other] = overlaps(session, again)
        assert (other.from_day, other.to_day) == (date(2026, 11, 25), date(2026, 11, 25))
        assert stands(session)[BookAccount.BANK_CHARGES].pence_out == 3 * 1250, "the fuller statement tells of three"
        assert unlike_the_entries(session) == []


def test_a_statement_that_goes_on_where_the_last_one_closed_repeats_nothing(office, account):
    send(office, camt(account, entry(1250, "CHARGES OF THE MORNING"), opening=50_00, closing=37_50))
    later = camt(account, entry(1250, "CHARGES OF THE EVENING"), number=2, opening=37_50, closing=25_00)
    assert send(office, later).entry_count == 1
    assert matches(office) == [Match.FEE, Match.FEE]


def test_a_person_says_that_a_repeated_entry_is_a_booking_of_its_own(office, account):
    send(office, camt(account, entry(1250, "CHARGES")))
    send(office, camt(account, entry(1250, "Other charges"), number=9))
    with office.transaction() as session:
        [one] = session.scalars(select(BankEntry).where(BankEntry.match == Match.REPEATED)).all()
    say(office, one.id, None)
    with office.transaction() as session:
        assert suspense(session) == (1, 0, 1250)
