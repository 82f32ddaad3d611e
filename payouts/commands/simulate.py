"""`payouts simulate`: a payroll's files before the simulated bank, to see what would happen; nothing is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path

import click

from bacs import pence, recognition
from bacs.errors import BacsError
from bacs.reports.input_report import ERROR_LETTERS
from payouts.commands import ground
from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from payouts.payroll import get_payroll, payroll_of_number
from payouts.sandbox.bank import days
from payouts.sandbox.bank.bacs_reports import RETURN_DESCRIPTIONS
from payouts.sandbox.bank.cycle import Course, Delivery, statements, take
from payouts.sandbox.bank.fate import Fate, Script
from payouts.web.correction_words import REASONS

COMES_BACK = (Fate.RETURNED, Fate.RETURNED_LATE)
MEANINGS: dict[Fate, Mapping[str, str]] = {
    Fate.REJECTED: ERROR_LETTERS,
    Fate.RECALLED: ERROR_LETTERS,
    Fate.AMENDED: ERROR_LETTERS,
    Fate.RETURNED: RETURN_DESCRIPTIONS,
    Fate.RETURNED_LATE: RETURN_DESCRIPTIONS,
    Fate.CORRECTED: REASONS,
}


@click.command("simulate")
@click.argument("number", type=int)
@click.option("--seed", type=int, default=1, show_default=True, help="What goes wrong: the same seed, the same faults.")
@click.option("--returns", type=int, help="Exactly so many returned credits, and nothing else wrong.")
@click.option(
    "--write-to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the bank's files into this folder, to be looked at or received in a sandbox.",
)
@ground.body_option
def simulate(number: int, seed: int, returns: int | None, write_to: Path | None, body_name: str | None) -> None:
    """Submit payroll NUMBER's sealed files to the simulated bank, and say what it would answer over the days.

    The payroll is only read. The bank reads its files in its own way, and its answers are read back as real ones are.
    """
    given = ground.service()
    script = Script.of(seed) if returns is None else Script(seed=seed, returned=returns)
    courses: list[Course] = []
    with given.transaction(ground.one_body(given, body_name)) as session:
        payroll = payroll_of_number(session, number)
        files = files_of(session, payroll.id)
        if not files:
            raise click.ClickException(f"payroll {number} has no files yet: build them first")
        for file in files:
            with open_content(session, given.seals, file) as content:
                courses.append(take(content, script, calendar=given.calendar, received_on=payroll.input_day))
            for line in told(file.name, courses[-1]):
                click.echo(line)
    said = sorted([*(each for course in courses for each in course.deliveries), *statements(courses, through=date.max)])
    click.echo("What the bank would send:")
    for delivery in said:
        click.echo(f"  {delivery.day}  {delivery.name}  {understood(delivery)}")
    if write_to is not None:
        write_to.mkdir(parents=True, exist_ok=True)
        for delivery in said:
            (write_to / delivery.name).write_bytes(delivery.content)
        click.echo(f"{len(said):,} files in {write_to}")


def told(name: str, course: Course) -> Iterator[str]:
    """What became of one file, in figures that add up to what was submitted."""
    if course.refused:
        yield f"{name}: refused whole ({course.refused})"
        for fault in course.about.faults:
            yield f"  the bank's own reading: {fault}"
        return
    count, total = course.accepted
    yield f"{name}: {count:,} of {course.about.count:,} credits taken, {pence.format(total)}; entry {course.entry_day}"
    by_fate: Counter[tuple[Fate, str]] = Counter()
    sums: Counter[tuple[Fate, str]] = Counter()
    for each in course.struck:
        by_fate[each.fate, each.code] += 1
        sums[each.fate, each.code] += each.item.amount_pence
    for (fate, code), number in sorted(by_fate.items()):
        words = MEANINGS[fate].get(code, "")
        yield f"  {fate.replace('_', ' ')} {code} {words}".rstrip() + f": {number:,}, {pence.format(sums[fate, code])}"
    back = [each.item.amount_pence for each in course.struck if each.fate in COMES_BACK]
    stays = f"{count - len(back):,}, {pence.format(total - sum(back))}"
    yield f"  In the end with their payees: {stays}; back with you: {len(back):,}, {pence.format(sum(back))}"


def understood(delivery: Delivery) -> str:
    """What our own readers make of one of the bank's files."""
    try:
        what = recognition.recognise(BytesIO(delivery.content))
        faults = counted(recognition.faults(BytesIO(delivery.content)))
        found = sum(1 for _ in recognition.records(BytesIO(delivery.content)))
    except BacsError as error:
        return f"cannot be read: {error}"
    return f"{what}, {found:,} records" + (f", {faults:,} that disagree" if faults else "")


def counted(records: Iterable[object]) -> int:
    return sum(1 for _ in records)


@click.command("bank-day")
@click.argument("number", type=int)
@click.option("--returns", type=int, default=0, help="How many credits come back; counts with the first day only.")
@ground.person_options
@ground.body_option
def bank_day(number: int, returns: int, email: str, code: str | None, body_name: str | None) -> None:
    """Let the next day of a sandbox's bank pass for payroll NUMBER; its answers are received and read."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payroll = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        days.ask_next(session, payroll, returned=returns, by=by, at=given.now())
    click.echo("The bank's next day passes. Its answers are under `payouts response list`.")
