import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from bacs import account, charset, modulus
from bacs.errors import BacsError
from bacs.modulus import Outcome
from payouts.demo.mistakes import COLUMN_OF, Mistake
from payouts.demo.register import FAILING_EMAILS, PROVIDER_REFERENCE, SMALLEST, Kind, write_register
from payouts.demo.row import COLUMNS

# What everyone who runs the demo sees. A new weight table or new names change it, and nothing else may
DIGEST = "d58890f6a2895023109d433d38962ac3343aba8d63344cc1a9cb05de45805fb4"


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    return write_register(tmp_path_factory.mktemp("demo") / "register.csv")


@pytest.fixture(scope="module")
def lines(register):
    """Every row by its line in the file, as cells."""
    with register.path.open(encoding="utf-8", newline="") as file:
        return dict(enumerate(csv.reader(file), start=1))


@pytest.fixture(scope="module")
def good(register, lines):
    """Every row that an import should take, by its line, as a dictionary."""
    return {
        line: dict(zip(COLUMNS, lines[line], strict=True)) for line in register.kinds if line not in register.mistakes
    }


def of(kind, register, good):
    return [row for line, row in good.items() if register.kinds[line] is kind]


def test_the_register_is_the_same_bytes_wherever_it_is_written(register, tmp_path):
    assert hashlib.sha256(register.path.read_bytes()).hexdigest() == DIGEST
    code = "import sys; from pathlib import Path; from payouts.demo.register import write_register; "
    for seed in ("0", "4242"):
        path = tmp_path / f"{seed}.csv"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "PYTHONUTF8": "0"}
        subprocess.run(
            [sys.executable, "-c", f"{code}write_register(Path(sys.argv[1]))", path], env=environment, check=True
        )
        assert hashlib.sha256(path.read_bytes()).hexdigest() == DIGEST


def test_another_seed_gives_other_people(tmp_path, register):
    other = write_register(tmp_path / "other.csv", seed=1)

    assert other.path.read_bytes() != register.path.read_bytes()
    assert Counter(other.kinds.values()) == Counter(register.kinds.values())


def test_the_header_names_the_columns_of_an_upload(lines):
    assert lines[1] == list(COLUMNS)
    assert ",".join(COLUMNS) == (
        "reference,beneficiary_name,amount,start_date,end_date,payee_reference,payee_name,payee_role,email,"
        "account_name,sort_code,account_number,roll_number"
    )


def test_there_are_as_many_of_each_kind_as_the_module_says(register):
    assert Counter(register.kinds.values()) == {
        Kind.APPOINTEE: 250, Kind.PARENT: 50, Kind.PROVIDER: 40, Kind.BUILDING_SOCIETY: 200, Kind.JOINT_ACCOUNT: 2,
        Kind.UNLISTED_SORT_CODE: 2, Kind.LARGEST_AWARD: 1, Kind.FAILING_EMAIL: 6, Kind.MISTAKE: 12,
        Kind.ORDINARY: 4437,
    }  # fmt: skip
    assert (register.rows, register.good_rows) == (5000, 4988)


def test_every_good_row_has_bank_details_that_can_be_paid(good):
    outcomes = Counter()
    for row in good.values():
        valid = account.validate(row["sort_code"], row["account_number"])
        outcomes[modulus.check(*valid).outcome] += 1

    assert outcomes == {Outcome.PASS: 4986, Outcome.NOT_CHECKABLE: 2}


def test_every_good_row_has_a_name_a_bacs_file_can_carry_and_nothing_is_lost_but_apostrophes(good):
    changes = [change for row in good.values() for change in charset.to_bacs(row["account_name"]).changes]

    assert all(row["beneficiary_name"] and row["account_name"] for row in good.values())
    assert {change.found for change in changes if not change.became} == {"'"}
    assert len({change.found for change in changes}) > 20


def test_every_good_row_has_dates_and_amounts_as_a_spreadsheet_writes_them(register, good):
    for line, row in good.items():
        start = date.fromisoformat(row["start_date"])
        assert date(2025, 4, 1) <= start <= date(2026, 10, 1)
        assert not row["end_date"] or date.fromisoformat(row["end_date"]) > start
        amount = Decimal(row["amount"])
        assert row["amount"] == f"{amount:.2f}"
        if register.kinds[line] is not Kind.LARGEST_AWARD:
            assert Decimal(40) <= amount < Decimal(1400)


def test_references_are_never_repeated_in_good_rows(good):
    assert len({row["reference"] for row in good.values()}) == len(good)


def test_accounts_are_shared_only_by_the_couple_the_provider_and_societies(register, good):
    rows = Counter((row["sort_code"].replace("-", ""), row["account_number"]) for row in good.values())
    shared = {key for key, count in rows.items() if count > 1}
    kinds = {
        register.kinds[line]
        for line, row in good.items()
        if (row["sort_code"].replace("-", ""), row["account_number"]) in shared
    }

    assert kinds == {Kind.JOINT_ACCOUNT, Kind.PROVIDER, Kind.BUILDING_SOCIETY}


def test_whoever_is_paid_for_themselves_has_no_payee(register, good):
    with_payee = {Kind.APPOINTEE, Kind.PARENT, Kind.PROVIDER}
    for line, row in good.items():
        filled = {bool(row[column]) for column in ("payee_reference", "payee_name", "payee_role")}
        assert filled == {register.kinds[line] in with_payee}


def test_each_appointee_and_parent_has_a_reference_of_their_own(register, good):
    for kind in (Kind.APPOINTEE, Kind.PARENT):
        rows = of(kind, register, good)
        assert {row["payee_role"] for row in rows} == {kind.value}
        assert len({row["payee_reference"] for row in rows}) == len(rows)


def test_the_provider_is_the_same_in_all_its_rows(register, good):
    rows = of(Kind.PROVIDER, register, good)
    shared = ("payee_reference", "payee_name", "payee_role", "email", "account_name", "sort_code", "account_number")

    assert len({tuple(row[column] for column in shared) for row in rows}) == 1
    assert rows[0]["payee_reference"] == PROVIDER_REFERENCE
    assert len({row["beneficiary_name"] for row in rows}) > 30


def test_the_couple_share_an_account_and_a_surname(register, good):
    one, other = of(Kind.JOINT_ACCOUNT, register, good)

    assert (one["sort_code"], one["account_number"]) == (other["sort_code"], other["account_number"])
    assert one["account_name"] == other["account_name"]
    assert " & " in one["account_name"]
    assert one["beneficiary_name"] != other["beneficiary_name"]


def test_roll_numbers_go_with_building_societies_and_fit_their_field(register, good):
    for line, row in good.items():
        if register.kinds[line] is Kind.BUILDING_SOCIETY:
            assert account.validate_roll_number(row["roll_number"]) == row["roll_number"]
        else:
            assert row["roll_number"] == ""


def test_one_award_is_far_above_the_rest(good):
    amounts = sorted(Decimal(row["amount"]) for row in good.values())

    assert amounts[-1] == Decimal(9800)
    assert amounts[-2] < 1400


def test_mail_goes_nowhere_but_to_example_domains_and_the_simulator(good):
    domains = Counter(row["email"].rpartition("@")[2] for row in good.values())

    assert set(domains) == {"", "example.com", "example.org", "simulator.notify"}
    assert 400 < domains[""] < 900
    assert Counter(row["email"] for row in good.values() if row["email"] in FAILING_EMAILS) == dict.fromkeys(
        FAILING_EMAILS, 3
    )


@pytest.mark.parametrize(
    "fits", ["Siân", "Zoë", "Łukasz", "Seán", "Ó Briain", "O'Connor", "-Jones", "Oluwaseun", "Venkataraman"]
)
def test_names_come_from_everywhere_in_britain(good, fits):
    assert any(fits in row["beneficiary_name"] for row in good.values())


def test_some_account_names_are_too_long_for_a_bacs_field(good):
    assert sum(len(row["account_name"]) > 18 for row in good.values()) > 100


def test_each_mistake_is_made_once_and_is_where_the_register_says(register):
    assert sorted(register.mistakes.values()) == sorted(Mistake)
    assert {line for line, kind in register.kinds.items() if kind is Kind.MISTAKE} == set(register.mistakes)


def test_each_mistake_is_one(register, lines, good):
    wrong = {mistake: lines[line] for line, mistake in register.mistakes.items()}
    cell = {mistake: wrong[mistake][COLUMNS.index(column)] for mistake, column in COLUMN_OF.items()}
    line_of = {mistake: line for line, mistake in register.mistakes.items()}
    failing = dict(zip(COLUMNS, wrong[Mistake.ACCOUNT_FAILS_CHECK], strict=True))
    ending = dict(zip(COLUMNS, wrong[Mistake.ENDS_BEFORE_START], strict=True))

    for mistake in (Mistake.LETTER_IN_SORT_CODE, Mistake.SHORT_SORT_CODE):
        with pytest.raises(BacsError):
            account.validate_sort_code(cell[mistake])
    valid = account.validate(failing["sort_code"], failing["account_number"])
    assert modulus.check(*valid).outcome is Outcome.FAIL
    assert cell[Mistake.REFERENCE_TWICE] in {
        row["reference"] for line, row in good.items() if line < line_of[Mistake.REFERENCE_TWICE]
    }
    assert Decimal(cell[Mistake.AMOUNT_NEGATIVE]) < 0
    assert Decimal(cell[Mistake.AMOUNT_IN_TENTHS_OF_PENCE]).as_tuple().exponent == -3
    assert cell[Mistake.FORMULA_AS_NAME].startswith("=HYPERLINK(")
    assert cell[Mistake.NAME_MISSING] == ""
    assert ending["end_date"] < ending["start_date"]
    assert "@" not in cell[Mistake.EMAIL_WITHOUT_AT]
    with pytest.raises(ValueError, match="day"):
        date.fromisoformat(cell[Mistake.IMPOSSIBLE_DATE])
    assert len(wrong[Mistake.TOO_MANY_CELLS]) == len(COLUMNS) + 1


@pytest.mark.parametrize("mistake", [one for one in Mistake if one is not Mistake.TOO_MANY_CELLS])
def test_a_row_with_a_mistake_has_no_other(register, lines, mistake):
    """Only then does a message about the one mistake prove that the import found that one."""
    line = next(line for line, made in register.mistakes.items() if made is mistake)
    row = dict(zip(COLUMNS, lines[line], strict=True))
    spoilt = COLUMN_OF[mistake]

    assert spoilt == "beneficiary_name" or row["beneficiary_name"]
    assert spoilt in ("amount", "end_date", "start_date") or Decimal(row["amount"]) > 0
    if spoilt not in ("sort_code", "account_number"):
        assert modulus.check(*account.validate(row["sort_code"], row["account_number"])).outcome.is_payable
    if spoilt not in ("start_date", "end_date"):
        assert date.fromisoformat(row["start_date"])


def test_a_small_register_keeps_one_of_each_kind(tmp_path):
    small = write_register(tmp_path / "small.csv", people=100)

    assert small.rows == 100
    assert set(small.kinds.values()) == set(Kind)
    with pytest.raises(ValueError, match="at least"):
        write_register(tmp_path / "too-small.csv", people=SMALLEST - 1)
