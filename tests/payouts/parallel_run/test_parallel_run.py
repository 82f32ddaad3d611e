"""A payroll beside the old system's file: every difference is in one class, and the classes add up to the penny."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from bacs.comparison import Listed, compare, listed
from payouts.erasure import look
from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from payouts.parallel_run import comparing, old_file
from payouts.parallel_run.comparing import by_class, rows_on
from payouts.parallel_run.old_file import Column, Columns, ColumnsRefused, RowFault, Unreadable, guessed
from payouts.parallel_run.parallel_run import (
    KEPT,
    DayMeant,
    ParallelRunPage,
    RunOutcome,
    RunStatus,
    begin,
    explain,
    get_run,
    is_current,
    outcome_of,
    statement_of,
    tell_columns,
)
from payouts.payroll import get_payroll
from schemes.errors import KeyDestroyed, NotAllowed, NotFound, NotNow, ReasonNotGiven
from schemes.person import Role
from schemes.seal import get_key

HEADER = ["Sort code", "Account number", "Amount", "Account name", "Payment reference", "Processing date"]


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def ours(office, sealed):
    """The sealed file, and its payments."""
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
        content = open_content(session, office.service.seals, file).read()
    return content, list(listed(io.BytesIO(content)))


def table(payments, header=HEADER):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for one in payments:
        amount = f"{one.amount_pence // 100}.{one.amount_pence % 100:02}"
        day = one.day.isoformat() if one.day else ""
        writer.writerow([one.sort_code, one.account_number, amount, one.name, one.reference, day][: len(header)])
    return out.getvalue().encode()


def found(office, run_id):
    with office.transaction() as session:
        compared = get_run(session, run_id)
        return compared, outcome_of(session, compared)


def test_the_payrolls_own_file_is_the_same_payments(office, sealed, ours):
    compared, outcome = found(office, office.compare(sealed.payroll_id, ours[0]))
    assert outcome is RunOutcome.SAME
    assert compared.same_count == compared.expected_count == compared.given_count == len(ours[1])
    assert compared.expected_pence == compared.given_pence
    with office.transaction() as session:
        assert is_current(session, get_run(session, compared.id), get_payroll(session, sealed.payroll_id))


def test_a_table_with_plain_column_names_is_compared_without_asking(office, sealed, ours):
    compared, outcome = found(office, office.compare(sealed.payroll_id, table(ours[1])))
    assert (compared.status, outcome) == (RunStatus.COMPARED, RunOutcome.SAME)


def test_every_difference_is_in_one_class_and_the_classes_add_up(office, sealed, ours):
    first, second, third, fourth, *others = ours[1]
    # in the old file somebody is paid who is not here, and four differ from what is here: one is not there at all
    gone = Listed("089999", "66374958", 4_321, "GONE ENTIRELY", "OLD-1", first.day)
    old = [
        gone,
        first._replace(amount_pence=first.amount_pence - 150),
        second._replace(account_number="66374958", sort_code="089999", amount_pence=second.amount_pence + 7),
        third._replace(reference="ANOTHER"),
        *others,
    ]
    compared, outcome = found(office, office.compare(sealed.payroll_id, table(old)))
    assert outcome is RunOutcome.DIFFERS
    assert compared.differing == {
        "missing": (1, -4_321),
        "extra": (1, fourth.amount_pence),
        "account": (1, -7),
        "amount": (1, 150),
        "reference": (1, 0),
    }
    assert sum(pence for _, pence in compared.differing.values()) == compared.given_pence - compared.expected_pence
    with office.transaction() as session:
        [row] = rows_on(session, office.service.seals, get_run(session, compared.id), "account", 1)
    assert row.parts == ("account", "amount")
    assert (row.old.account_ends, row.ours.account_ends) == ("4958", second.account_number[-4:])


def test_what_the_old_system_writes_otherwise_may_be_left_out(office, sealed, ours):
    old = [one._replace(reference="X", name=f"MR {one.name}") for one in ours[1]]
    strict, outcome = found(office, office.compare(sealed.payroll_id, table(old)))
    assert outcome is RunOutcome.DIFFERS
    assert strict.differing == {"reference": (len(old), 0)}
    _, outcome = found(office, office.compare(sealed.payroll_id, table(old), looking_at=frozenset()))
    assert outcome is RunOutcome.SAME


def test_columns_of_other_names_are_told_once_and_remembered(office, sealed, ours):
    header = ["Bank branch", "Bank nr", "Betrag"]
    content = table(ours[1], header)
    run_id = office.compare(sealed.payroll_id, content)
    asking, _ = found(office, run_id)
    assert (asking.status, asking.header) == (RunStatus.ASKING, ["bank_branch", "bank_nr", "betrag"])
    columns = Columns({Column.SORT_CODE: 0, Column.ACCOUNT_NUMBER: 1, Column.AMOUNT: 2})

    def tell(told):
        with office.transaction() as session:
            asked = get_run(session, run_id, lock=True)
            by, at = office.person(Role.PREPARER), office.service.now()
            tell_columns(session, asked, told, day_meant=DayMeant.PAY_DATE, by=by, at=at)

    with pytest.raises(ColumnsRefused):
        tell(Columns({Column.SORT_CODE: 0, Column.ACCOUNT_NUMBER: 0, Column.AMOUNT: 2}))
    tell(columns)
    tell(columns)
    office.work()
    compared, outcome = found(office, run_id)
    assert (outcome, compared.same_count) == (RunOutcome.SAME, len(ours[1]))
    again, outcome = found(office, office.compare(sealed.payroll_id, content))
    assert (again.status, outcome, again.day_meant) == (RunStatus.COMPARED, RunOutcome.SAME, DayMeant.PAY_DATE)


def test_a_row_that_is_no_payment_sinks_nothing_and_has_to_be_explained(office, sealed, ours):
    content = table(ours[1]) + b"08-99-99,6637,12.00,X,Y,\r\n08-99-99,66374958,-12.00,X,Y,\r\n"
    compared, outcome = found(office, office.compare(sealed.payroll_id, content))
    assert (compared.same_count, compared.unreadable_count) == (len(ours[1]), 2)
    assert outcome is RunOutcome.DIFFERS
    with office.transaction() as session:
        rows = rows_on(session, office.service.seals, get_run(session, compared.id), "unreadable", 1)
    last = len(ours[1]) + 1
    assert [(row.line, row.why) for row in rows] == [(last + 1, "account"), (last + 2, "amount")]


def test_a_class_is_explained_once_and_by_whoever_may_compare(office, sealed, ours):
    run_id = office.compare(sealed.payroll_id, table(ours[1][1:]))

    def say(part, reason, role=Role.FINANCE):
        with office.transaction() as session:
            compared = get_run(session, run_id, lock=True)
            explain(session, compared, part, reason=reason, by=office.person(role), at=office.service.now())

    with pytest.raises(ReasonNotGiven):
        say("extra", " ")
    with pytest.raises(NotFound):
        say("amount", "There is none")
    with pytest.raises(NotAllowed):
        say("extra", "I decide, so I do not explain", Role.APPROVER)
    say("extra", "A new award since October")
    say("extra", "Said again")
    assert found(office, run_id)[1] is RunOutcome.EXPLAINED
    with office.transaction() as session:
        told = statement_of(session, get_payroll(session, sealed.payroll_id))
    assert told["outcome"] == "explained"
    assert told["classes"] == {"extra": [1, ours[1][0].amount_pence]}


def test_a_payroll_that_has_no_payments_yet_is_not_compared(office):
    payroll_id = office.create()
    with pytest.raises(NotNow):
        office.compare(payroll_id, b"x")


@pytest.mark.parametrize("content", [b"", b"<Document/>", b"%PDF-1.7\n\x00\xff"])
def test_what_cannot_be_read_says_so_and_is_not_kept(office, sealed, content):
    unread, _ = found(office, office.compare(sealed.payroll_id, content))
    assert unread.status is RunStatus.UNREADABLE
    assert unread.fault
    with office.transaction() as session:
        assert get_run(session, unread.id).sealed_content is None


def test_a_comparison_sent_or_worked_off_twice_is_one(office, sealed, ours):
    run_id = office.compare(sealed.payroll_id, table(ours[1][1:]))
    with office.transaction() as session:
        again = begin(
            session,
            office.service.seals,
            get_payroll(session, sealed.payroll_id),
            run_id=run_id,
            file_name="other.txt",
            content=b"other",
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
        assert again.file_name == "old.csv"
        comparing.compare_run(session, office.service, {"run_id": str(run_id)})
        assert session.scalar(select(func.count()).select_from(ParallelRunPage)) == 1


def test_the_list_of_differences_is_destroyed_after_its_time_and_the_sums_stay(office, sealed, ours, clock, owner):
    run_id = office.compare(sealed.payroll_id, table(ours[1][1:]))
    clock.advance(days=KEPT.days + 1)
    with office.transaction() as session:
        look(session, office.service, {})
    with office.transaction() as session:
        old = get_run(session, run_id)
        assert not rows_on(session, office.service.seals, old, "extra", 1)
        assert old.differing == {"extra": (1, ours[1][0].amount_pence)}
        with pytest.raises(KeyDestroyed):
            office.service.seals.open_row(get_key(session, old.body_id, old.key_id))


def test_nobody_takes_an_explanation_back(office, sealed, ours, owner):
    run_id = office.compare(sealed.payroll_id, table(ours[1][1:]))
    with office.transaction() as session:
        compared = get_run(session, run_id, lock=True)
        by, at = office.person(Role.FINANCE), office.service.now()
        explain(session, compared, "extra", reason="A new award", by=by, at=at)
    with pytest.raises(DBAPIError) as refused, owner.begin() as connection:
        connection.execute(text("DELETE FROM parallel_run_reason"))
    assert isinstance(refused.value.orig, errors.Error)


PAYMENTS = st.lists(
    st.builds(
        Listed,
        st.just("089999"),
        st.sampled_from(["66374958", "12345678", "00000001"]),
        st.integers(1, 300),
        st.sampled_from(["A ONE", "B TWO"]),
        st.sampled_from(["R1", "R2", ""]),
    ),
    max_size=8,
)


@given(old=PAYMENTS, new=PAYMENTS)
def test_whatever_differs_the_classes_add_up_to_the_difference_of_the_totals(old, new):
    comparison = compare(old, new)
    classed = by_class(comparison)
    assert sum(map(len, classed.values())) == len(comparison.differences)
    pence = sum(difference.pence for each in classed.values() for difference in each)
    assert pence == sum(one.amount_pence for one in new) - sum(one.amount_pence for one in old)
    assert len(classed.get("missing", ())) + comparison.same_count <= len(old)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["08-99-99", "66374958", "12.345"], RowFault.AMOUNT),
        (["08-99-99", "", "12.34"], RowFault.ACCOUNT),
        (["", "66374958", "12.34"], RowFault.ACCOUNT),
        (["08-99-99", "66374958", "12.34", "surplus"], RowFault.CELLS),
    ],
)
def test_a_row_says_what_is_wrong_with_it(cells, why):
    content = "\r\n".join(map(",".join, [["sort_code", "account_number", "amount"], cells])).encode()
    columns = guessed(old_file.header_names(content))
    assert list(old_file.payments_in(content, columns)) == [Unreadable(2, why)]


def test_zeros_that_a_spreadsheet_ate_are_put_back():
    content = b"sort_code,account_number,amount_pence\r\n89999,1234567,1250\r\n"
    columns = guessed(old_file.header_names(content))
    assert columns.in_pence
    assert list(old_file.payments_in(content, columns)) == [Listed("089999", "01234567", 1250, "", "")]


def test_pounds_are_never_taken_for_pence():
    columns = Columns({Column.SORT_CODE: 0, Column.ACCOUNT_NUMBER: 1, Column.AMOUNT: 2}, in_pence=True)
    content = b"a,b,c\r\n08-99-99,66374958,12.50\r\n"
    assert list(old_file.payments_in(content, columns)) == [Unreadable(2, RowFault.AMOUNT)]
