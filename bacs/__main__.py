"""The library on the command line: `python -m bacs --help`."""

import argparse
import csv
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any, BinaryIO

from bacs import account, modulus, recognition
from bacs.calendar import Calendar, Direction
from bacs.comparison import ALL_PARTS, Part, compare, listed
from bacs.errors import AccountRefused, BacsError
from bacs.iso20022 import Version
from bacs.iso20022 import write as write_message
from bacs.orders import Profile, message_of, read_orders, submission_of
from bacs.standard18 import Rules
from bacs.standard18 import write as write_submission
from bacs.weights import WeightTable

OK, FAULTS, UNREADABLE = 0, 1, 2
FORMATS = ("standard18", "standard18-mpd", *(str(version) for version in Version))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. Messages for people go to standard error, one line each."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    if isinstance(sys.stdout, io.TextIOWrapper):
        # the same bytes in every locale
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        return command(options)
    except BrokenPipeError:
        # the reader of a pipe has seen enough: closing must not write to it again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (BacsError, OSError, UnicodeError) as error:
        print(f"bacs: {error}", file=sys.stderr)
        return UNREADABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bacs", description="UK payment files and account rules.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=run)
        return added

    one = command("account", check_account, "check one account: JSON out; exit 0 payable, 1 fails, 2 bad input")
    one.add_argument("sort_code")
    one.add_argument("account_number")
    many = command("accounts", check_accounts, "check a CSV of accounts: the same rows with outcome and rule added")
    many.add_argument("file")
    write = command("write", write_file, "write a payment file from a profile in TOML and payments in CSV")
    write.add_argument("--format", required=True, choices=FORMATS)
    write.add_argument("--profile", required=True, type=Path)
    write.add_argument("payments")
    write.add_argument("-o", "--output", required=True)
    read = command("read", read_file, "read any file: JSON lines out; exit 0 clean, 1 with faults, 2 unreadable")
    read.add_argument("file")
    validate = command("validate", validate_file, "list the faults of any file as JSON lines; exits as read does")
    validate.add_argument("file")
    two = command("compare", compare_files, "hold a file against the one expected: exit 0 same payments, 1 they differ")
    two.add_argument("--ignore", action="append", default=[], choices=sorted(ALL_PARTS), help="what may differ")
    two.add_argument("expected")
    two.add_argument("given")
    days = command("days", show_days, "input, processing and entry day for a pay date, with the reasoning, as JSON")
    days.add_argument("date")
    days.add_argument("--later", action="store_true", help="pay later, not earlier, when the date is no working day")
    return parser


def check_account(options: argparse.Namespace) -> int:
    result = modulus.check(options.sort_code, options.account_number)
    sort_code, account_number = account.compact(options.sort_code, options.account_number)
    reason = ""
    try:
        sort_code, account_number = account.validate(options.sort_code, options.account_number)
    except AccountRefused as refused:
        reason = str(refused.reason)
    _print_json(
        {
            "sort_code": sort_code,
            "account_number": account_number,
            "outcome": str(result.outcome),
            "rule": result.rule,
            "table_version": result.table_version,
        }
        | ({"reason": reason} if reason else {})
    )
    if result.outcome is modulus.Outcome.BAD_INPUT:
        return UNREADABLE
    return OK if result.outcome.is_payable else FAULTS


def check_accounts(options: argparse.Namespace) -> int:
    with _opened(options.file) as file, _text(file) as lines:
        rows = csv.DictReader(lines)
        names = list(rows.fieldnames or ())
        if not {"sort_code", "account_number"} <= set(names):
            print("bacs: the file has no columns sort_code and account_number", file=sys.stderr)
            return UNREADABLE
        added = [name for name in ("outcome", "rule") if name not in names]
        out = csv.DictWriter(sys.stdout, [*names, *added], extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        try:
            for row in rows:
                result = modulus.check(row["sort_code"] or "", row["account_number"] or "")
                out.writerow(row | {"outcome": str(result.outcome), "rule": result.rule})
        except csv.Error as error:
            print(f"bacs: line {rows.line_num}: {error}", file=sys.stderr)
            return UNREADABLE
    return OK


def write_file(options: argparse.Namespace) -> int:
    profile = Profile.parse(options.profile.read_bytes())
    with _opened(options.payments) as file, _text(file) as lines:
        orders = list(read_orders(lines, profile))
    if options.format.startswith("standard18"):
        blocks = write_submission(submission_of(orders, profile, multi_day=options.format == "standard18-mpd"))
    else:
        message, bank = message_of(orders, profile, Version(options.format))
        blocks = write_message(message, bank)
    _put(options.output, blocks)
    return OK


def read_file(options: argparse.Namespace) -> int:
    return _show(options.file, recognition.records)


def validate_file(options: argparse.Namespace) -> int:
    rules = Rules(calendar=Calendar.england(), licensed_codes=recognition.ANY_CODE, weights=WeightTable.shipped())
    return _show(options.file, lambda file: recognition.faults(file, rules))


def compare_files(options: argparse.Namespace) -> int:
    with _opened(options.expected) as expected, _opened(options.given) as given:
        looking_at = ALL_PARTS - {Part(name) for name in options.ignore}
        found = compare(listed(expected), listed(given), looking_at=looking_at)
    for difference in found.differences:
        _print_json({"kind": "difference", **recognition.plain(difference), "parts": sorted(difference.parts)})
    _print_json(
        {
            "kind": "comparison",
            "expected_count": found.expected_count,
            "expected_pence": found.expected_pence,
            "given_count": found.given_count,
            "given_pence": found.given_pence,
            "same_count": found.same_count,
            "differing": {part: {"count": count, "pence": pence} for part, (count, pence) in found.sums().items()},
        }
    )
    return OK if found.is_same else FAULTS


def show_days(options: argparse.Namespace) -> int:
    try:
        asked = date.fromisoformat(options.date)
    except ValueError:
        print(f"bacs: {options.date!r} is not a date like 2026-09-17", file=sys.stderr)
        return UNREADABLE
    calendar = Calendar.england()
    direction = Direction.LATER if options.later else Direction.EARLIER
    entry_day = calendar.move_to_working_day(asked, direction)
    cycle = calendar.cycle_for_entry(entry_day)
    reasoning = []
    if entry_day != asked:
        why = "a bank holiday" if asked in calendar.holidays else "a weekend"
        reasoning.append(f"{asked} is {why}: paid {direction}, on {entry_day}")
    reasoning += [
        f"payees are credited at the start of the entry day, {cycle.entry_day}",
        f"Bacs processes the file on the working day before, {cycle.processing_day}",
        f"so it takes the file on the working day before that, {cycle.input_day}, at the latest",
        f"and on {calendar.earliest_input(cycle.processing_day)} at the earliest, 30 days ahead",
    ]
    _print_json({"pay_date": asked.isoformat(), **recognition.plain(cycle), "reasoning": reasoning})
    return OK


def _show(name: str, records_of: Callable[[BinaryIO], Iterator[dict[str, Any]]]) -> int:
    outcome = OK
    with _opened(name) as file:
        for record in records_of(file):
            _print_json(record)
            if recognition.is_fault(record):
                outcome = FAULTS
    return outcome


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """A file by its name, or standard input for "-", which is kept aside so that it can be read twice."""
    if name != "-":
        with Path(name).open("rb") as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=16 * 1024**2) as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy  # type: ignore[misc]


@contextmanager
def _text(file: BinaryIO) -> Iterator[IO[str]]:
    """A CSV file as text, with or without a byte-order mark; the file stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _put(name: str, blocks: Iterator[bytes]) -> None:
    """Write a file as a whole or not at all: half a payment file still looks like one."""
    if name == "-":
        sys.stdout.buffer.writelines(blocks)
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.writelines(blocks)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _print_json(values: dict[str, Any]) -> None:
    print(json.dumps(values, ensure_ascii=True))


if __name__ == "__main__":
    sys.exit(main())
