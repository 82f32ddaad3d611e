"""The command line: its output, its exit codes, and that it is one with the library."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bacs.__main__ import main

ROOT = Path(__file__).parents[2]
DOCS, GOLDEN = ROOT / "docs", ROOT / "tests" / "golden"
PROFILE, PAYMENTS = DOCS / "bacs-example-profile.toml", DOCS / "bacs-example-payments.csv"


@pytest.fixture
def run(capsys):
    def run_command(*arguments):
        code = main([str(each) for each in arguments])
        return code, capsys.readouterr()

    return run_command


def rows(output):
    return [json.loads(line) for line in output.out.splitlines()]


@pytest.mark.parametrize(
    ("sort_code", "account_number", "code", "outcome"),
    [
        ("08-99-99", "66374958", 0, "pass"),
        ("089999", "66374959", 1, "fail"),
        ("000000", "12345678", 0, "not_checkable"),
        ("200915", "41011166", 0, "foreign_currency"),
        ("0899", "66374958", 2, "bad_input"),
    ],
)
def test_one_account_is_checked_as_one_line_of_json(run, sort_code, account_number, code, outcome):
    exit_code, output = run("account", sort_code, account_number)
    (row,) = rows(output)
    assert (exit_code, row["outcome"]) == (code, outcome)
    assert {"sort_code", "account_number", "rule"} <= row.keys()


def test_many_accounts_are_checked_row_by_row(run, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text('name,sort_code,account_number\n"Smith, J",08-99-99,66374958\nZoë,089999,66374959\n', "utf-8")
    code, output = run("accounts", file)
    assert code == 0
    assert output.out.splitlines() == [
        "name,sort_code,account_number,outcome,rule",
        '"Smith, J",08-99-99,66374958,pass,MOD10',
        "Zoë,089999,66374959,fail,MOD10",
    ]


def test_a_file_without_the_columns_is_refused(run, tmp_path):
    (tmp_path / "accounts.csv").write_text("a,b\n1,2\n")
    code, output = run("accounts", tmp_path / "accounts.csv")
    assert (code, output.out) == (2, "")
    assert "sort_code" in output.err


def test_the_example_in_the_docs_writes_the_golden_file(run, tmp_path):
    code, _ = run("write", "--format", "standard18", "--profile", PROFILE, PAYMENTS, "-o", tmp_path / "out.txt")
    assert code == 0
    assert (tmp_path / "out.txt").read_bytes() == (GOLDEN / "standard18" / "single-day.txt").read_bytes()


@pytest.mark.parametrize(
    "name", ["standard18", "standard18-mpd", "pain.001.001.03", "pain.001.001.09", "pain.001.001.12"]
)
def test_every_format_can_be_written_read_and_is_clean(run, tmp_path, name):
    out = tmp_path / "out"
    assert run("write", "--format", name, "--profile", PROFILE, PAYMENTS, "-o", out)[0] == 0
    code, output = run("read", out)
    assert code == 0
    paid = [row for row in rows(output) if row["kind"] in ("credit", "instruction")]
    assert [row["amount_pence"] for row in paid] == [12550, 200000]
    assert run("validate", out)[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("12550", "125.50", "line 2"),
        ("12550", "0", "zero"),
        ("12550", "-1", "line 2"),
        ("A N Other", "A Name Longer Than Eighteen", "account_name"),
        ("A N Other", "Иван", "line 2"),
        ("20-29-59", "20-29", "six digits"),
        ("2026-09-16", "16/09/2026", "line 2"),
        ("HSF-2026-000101", "CONTRA", "CONTRA"),
        ("roll_number", "roll", "roll_number"),
        (",,A N", ",A N", "columns"),
    ],
)
def test_a_payment_that_cannot_be_sent_leaves_no_file(run, tmp_path, old, new, words):
    payments = tmp_path / "payments.csv"
    payments.write_text(PAYMENTS.read_text("utf-8").replace(old, new, 1), "utf-8")
    code, output = run("write", "--format", "standard18", "--profile", PROFILE, payments, "-o", tmp_path / "out.txt")
    assert code == 2
    assert words in output.err
    assert len(output.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [payments]


@pytest.mark.parametrize(
    ("old", "new"), [('serial_number = "000417"', ""), ("file_number = 417", 'file_number = "x"'), ("[sub", "[[sub")]
)
def test_a_profile_that_says_too_little_is_refused_by_name(run, tmp_path, old, new):
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE.read_text("utf-8").replace(old, new, 1), "utf-8")
    code, output = run("write", "--format", "standard18", "--profile", profile, PAYMENTS, "-o", tmp_path / "out")
    assert (code, output.out) == (2, "")
    assert "profile" in output.err


@pytest.mark.parametrize(
    "path",
    [
        *sorted((GOLDEN / "standard18").glob("*.txt")),
        *sorted((GOLDEN / "iso20022").glob("*.xml")),
        GOLDEN / "reports" / "input.xml",
    ],
    ids=lambda path: path.name,
)
def test_every_golden_file_is_recognised_and_clean(run, path):
    code, output = run("read", path)
    assert code == 0
    assert all(row["kind"] for row in rows(output))


def test_faults_are_lines_with_their_place_and_make_the_exit_code_1(run, tmp_path):
    file = tmp_path / "bad.txt"
    file.write_bytes(
        (GOLDEN / "standard18" / "single-day.txt").read_bytes().replace(b"00000212550HSF", b"00000212551HSF")
    )
    code, output = run("validate", file)
    assert code == 1
    assert {"kind": "fault", "fault": "contra_differs", "line": 7, "column": 36}.items() <= rows(output)[0].items()
    code, output = run("read", file)
    assert code == 1
    assert rows(output)[-1]["kind"] == "fault"


def test_a_report_that_does_not_add_up_has_faults(run):
    code, output = run("validate", GOLDEN / "reports" / "arucs.xml")
    assert code == 1
    assert [row["kind"] for row in rows(output)] == ["mismatch", "mismatch"]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<html/>", b"<BACSDocument><Data><ARUDD><Header/></ARUDD></Data></BACSDocument>"]
)
def test_what_is_none_of_these_is_unreadable(run, tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    code, output = run("read", tmp_path / "file")
    assert code == 2
    assert len(output.err.splitlines()) == 1


def test_a_file_that_is_not_there_is_unreadable(run, tmp_path):
    assert run("read", tmp_path / "nothing")[0] == 2


def test_a_file_may_come_through_a_pipe(run, monkeypatch):
    data = (GOLDEN / "standard18" / "single-day.txt").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, output = run("read", "-")
    assert code == 0
    assert len(rows(output)) == 10


def test_the_days_of_a_pay_date_come_with_their_reasoning(run):
    code, output = run("days", "2026-12-28")
    (row,) = rows(output)
    assert code == 0
    assert (row["input_day"], row["processing_day"], row["entry_day"]) == ("2026-12-22", "2026-12-23", "2026-12-24")
    assert row["reasoning"][0] == "2026-12-28 is a bank holiday: paid earlier, on 2026-12-24"


def test_a_pay_date_can_move_later_instead(run):
    _, output = run("days", "--later", "2026-12-28")
    assert rows(output)[0]["entry_day"] == "2026-12-29"


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2031-01-02"])
def test_a_day_that_is_none_or_beyond_the_calendar_is_refused(run, day):
    code, output = run("days", day)
    assert code == 2
    assert len(output.err.splitlines()) == 1


def test_a_file_is_the_same_bytes_in_another_process_time_zone_locale_and_hash_seed(tmp_path):
    made = []
    for name, zone, seed, locale in (("a", "UTC", "0", "C"), ("b", "Asia/Tokyo", "7", "C.UTF-8")):
        out = tmp_path / name
        environment = {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        for form in ("standard18-mpd", "pain.001.001.09"):
            command = [
                sys.executable,
                "-m",
                "bacs",
                "write",
                "--format",
                form,
                "--profile",
                str(PROFILE),
                str(PAYMENTS),
                "-o",
                "-",
            ]
            done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=True)
            out.write_bytes((out.read_bytes() if out.exists() else b"") + done.stdout)
        made.append(out.read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"VOL1")
