"""Modulus checking: the official cases, the rules one by one, and the table itself."""

import hashlib
from datetime import date
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.errors import BadWeightTable
from bacs.modulus import Outcome, check, check_many
from bacs.weights import Method, Row, WeightTable

OFFICIAL_CASES = [
    (1, "089999", "66374958", "pass"),
    (2, "107999", "88837491", "pass"),
    (3, "202959", "63748472", "pass"),
    (4, "871427", "46238510", "pass"),
    (5, "872427", "46238510", "pass"),
    (6, "871427", "09123496", "pass"),
    (7, "871427", "99123496", "pass"),
    (8, "820000", "73688637", "pass"),
    (9, "827999", "73988638", "pass"),
    (10, "827101", "28748352", "pass"),
    (11, "134020", "63849203", "pass"),
    (12, "118765", "64371389", "pass"),
    (13, "200915", "41011166", "foreign_currency"),
    (14, "938611", "07806039", "pass"),
    (15, "938600", "42368003", "pass"),
    (16, "938063", "55065200", "pass"),
    (17, "772798", "99345694", "pass"),
    (18, "086090", "06774744", "pass"),
    (19, "309070", "02355688", "pass"),
    (20, "309070", "12345668", "pass"),
    (21, "309070", "12345677", "pass"),
    (22, "309070", "99345694", "pass"),
    (23, "938063", "15764273", "fail"),
    (24, "938063", "15764264", "fail"),
    (25, "938063", "15763217", "fail"),
    (26, "118765", "64371388", "fail"),
    (27, "203099", "66831036", "fail"),
    (28, "203099", "58716970", "fail"),
    (29, "089999", "66374959", "fail"),
    (30, "107999", "88837493", "fail"),
    (31, "074456", "12345112", "pass"),
    (32, "070116", "34012583", "pass"),
    (33, "074456", "11104102", "pass"),
    (34, "180002", "00000190", "pass"),
]

SHIPPED = WeightTable.shipped()
digits = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize(("number", "sort_code", "account_number", "outcome"), OFFICIAL_CASES)
def test_the_official_cases_come_out_as_published(number, sort_code, account_number, outcome):
    assert check(sort_code, account_number).outcome == outcome


def test_a_foreign_currency_account_is_payable_though_it_cannot_be_checked():
    assert check("200915", "41011166").outcome.is_payable


def test_exception_14_passes_at_the_first_attempt_too():
    assert check("180002", "98093517").outcome is Outcome.PASS


def test_the_worked_example_of_mod11_passes():
    table = WeightTable.parse(
        "000000 000100 MOD11 0 0 0 0 0 0 7 5 8 3 4 6 2 1", "", version="example", valid_from=date(2020, 1, 1)
    )
    assert check("000000", "58177632", table=table) == (Outcome.PASS, "MOD11", "example")


def test_the_worked_example_of_double_alternate_passes():
    table = WeightTable.parse(
        "499273 499273 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 1", "", version="example", valid_from=date(2020, 1, 1)
    )
    assert check("499273", "12345678", table=table).outcome is Outcome.FAIL, "exception 1 adds 27 to a sum of 70"
    plain = WeightTable.parse(
        "499273 499273 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1", "", version="example", valid_from=date(2020, 1, 1)
    )
    assert check("499273", "12345678", table=plain).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("sort_code", "account_number", "rule"),
    [
        ("089999", "66374958", "MOD10"),
        ("202959", "63748472", "MOD11/6+DBLAL/6"),
        ("827101", "28748352", "MOD11+DBLAL/3"),
        ("309070", "02355688", "MOD11/2+MOD11/9"),
        ("180002", "00000190", "MOD11/14"),
        ("000000", "12345678", ""),
    ],
)
def test_a_result_names_the_rule_and_the_table(sort_code, account_number, rule):
    result = check(sort_code, account_number)
    assert (result.rule, result.table_version) == (rule, "8.50")


@pytest.mark.parametrize(
    ("sort_code", "account_number"),
    [("", ""), ("20295", "63748472"), ("202959", "6374847"[:5]), ("2029x9", "63748472"), ("202959", "６３７４８４７２"),
     ("202959", "12345678901"), ("202959", "1234567890"), ("²02959", "63748472")],
)  # fmt: skip
def test_what_cannot_be_an_account_is_bad_input_and_not_a_fail(sort_code, account_number):
    assert check(sort_code, account_number).outcome is Outcome.BAD_INPUT


@pytest.mark.parametrize(
    ("sort_code", "account_number", "same_as"),
    [("20-29-59", "6374 8472", ("202959", "63748472")), ("086090", "6774744", ("086090", "06774744"))],
)
def test_accounts_are_checked_as_people_write_them(sort_code, account_number, same_as):
    assert check(sort_code, account_number) == check(*same_as)


def _slow_sum(row: Row, sort_code: str, number: str) -> int:
    products = [int(digit) * weight for digit, weight in zip(sort_code + number, row.weights, strict=True)]
    return sum(map(int, "".join(map(str, products)))) if row.method is Method.DBLAL else sum(products)


@given(st.sampled_from([row for row in SHIPPED.rows if not row.exception]), digits)
def test_a_plain_row_passes_when_the_weighted_sum_divides(row, number):
    rows = SHIPPED.rows_for(row.first)
    if any(other.exception for other in rows):
        return
    divides = all(
        _slow_sum(each, row.first, number) % (11 if each.method is Method.MOD11 else 10) == 0 for each in rows
    )
    assert (check(row.first, number).outcome is Outcome.PASS) == divides


@given(st.lists(st.tuples(st.sampled_from([row.last for row in SHIPPED.rows] + ["", "xx"]), digits), max_size=20))
def test_the_bulk_form_answers_each_pair_as_the_single_form_does(pairs):
    assert list(check_many(pairs)) == [check(*pair) for pair in pairs]


def test_the_shipped_files_are_the_ones_the_readme_names():
    data = resources.files("bacs") / "data"
    readme = (data / "README.md").read_text("utf-8")
    for name in ("valacdos.txt", "scsubtab.txt"):
        assert hashlib.sha256((data / name).read_bytes()).hexdigest() in readme
    assert (len(SHIPPED.rows), len(SHIPPED.substitutions)) == (1151, 21)


def test_no_sort_code_has_more_than_two_rows():
    assert max(len(rows) for rows in SHIPPED.spans()[1]) == 2


def test_rows_are_found_at_both_ends_of_their_range_and_not_beyond():
    assert [row.rule for row in SHIPPED.rows_for("010004")] == ["MOD11"]
    assert [row.rule for row in SHIPPED.rows_for("016715")] == ["MOD11"]
    assert SHIPPED.rows_for("010003") == SHIPPED.rows_for("016716") == ()


def test_the_table_knows_its_age():
    assert SHIPPED.age_days(date(2025, 7, 23)) == 30
    assert not SHIPPED.is_stale(date(2025, 12, 1))
    assert SHIPPED.is_stale(date(2026, 1, 1))


def test_a_newer_table_can_be_loaded_from_files(tmp_path):
    (tmp_path / "weights.txt").write_bytes(b"999999 999999 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 0 1\r\n")
    (tmp_path / "substitutions.txt").write_bytes(b"938173 938017\r\n")
    table = WeightTable.load(
        tmp_path / "weights.txt", tmp_path / "substitutions.txt", version="9.99", valid_from=date(2027, 1, 1)
    )
    assert check("999999", "12345670", table=table) == (Outcome.PASS, "MOD10", "9.99")
    assert check("999999", "12345671", table=table).outcome is Outcome.FAIL
    assert check("202959", "63748472", table=table).outcome is Outcome.NOT_CHECKABLE


@pytest.mark.parametrize(
    "line",
    ["", "089000 089999 MOD10 0 0", "089000 089999 MOD12 0 0 0 0 0 0 7 1 3 7 1 3 7 1",
     "089999 089000 MOD10" + " 1" * 14,
     "89000 089999 MOD10" + " 1" * 14, "089000 089999 MOD10" + " 1" * 16, "a b MOD10" + " x" * 14],
)  # fmt: skip
def test_a_table_with_a_line_that_is_no_row_is_refused_and_names_the_line(line):
    with pytest.raises(BadWeightTable) as refused:
        WeightTable.parse(line, "", version="1", valid_from=date(2027, 1, 1))
    assert refused.value.line == 1


def test_a_substitution_that_is_no_pair_is_refused():
    good = "089000 089999 MOD10" + " 1" * 14
    with pytest.raises(BadWeightTable):
        WeightTable.parse(good, "938173", version="1", valid_from=date(2027, 1, 1))
