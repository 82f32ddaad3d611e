"""`payouts statement`: send a bank statement, and see what of it is not matched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.statement import entry as entries
from payouts.statement import manual, reading, repeated, rule, statement
from payouts.statement.entry import Match
from payouts.statement.statement import FileStatus
from payouts.statement.table import BadRow, Column, Columns, guessed
from payouts.web import statement_words
from schemes.bank_profile import bank_profiles
from schemes.database import new_id

SHOWN = 10


@click.group("statement")
def statement_group() -> None:
    """Bank statements: what the bank took, what came back, its fees, and what nobody knows yet."""


@statement_group.command("receive")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", "last_four", help="The account's last four digits; not needed if there is one.")
@click.option("--guess-columns", is_flag=True, help="Take a table's columns as their names say, where none are known.")
@ground.person_options
@ground.body_option
def receive(
    file: Path, last_four: str | None, guess_columns: bool, email: str, code: str | None, body_name: str | None
) -> None:
    """Read a camt.053 or the bank's CSV, and match what is certain; exits with 1 where it is refused."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        found = [each for each in bank_profiles(session) if last_four is None or each.last_four == last_four]
        if len(found) != 1:
            raise click.ClickException("say which account with --account and its last four digits")
        sent = statement.receive(
            session,
            given.seals,
            file_id=new_id(),
            profile_id=found[0].id,
            file_name=file.name,
            content=file.read_bytes(),
            by=by,
            at=given.now(),
        )
    read_now(given, body_id, sent.id)
    with given.transaction(body_id) as session:
        read = statement.get_file(session, sent.id, lock=True)
        if read.status is FileStatus.ASKING and guess_columns:
            statement.tell_columns(session, read, guessed(read.header or []), by=by, at=given.now())
    read_now(given, body_id, sent.id)
    tell_what_it_is(given, body_id, sent.id)


def tell_what_it_is(given: ground.Service, body_id: UUID, file_id: UUID) -> None:
    """What came of a statement that was read; fails where it was not."""
    with given.transaction(body_id) as session:
        read = statement.get_file(session, file_id)
        if read.status is FileStatus.ASKING:
            names = ", ".join(read.header or [])
            raise click.ClickException(f"its columns are not known yet: {names}. `payouts statement columns {read.id}`")
        if read.fault is not None:
            where = f" (at line or entry {read.fault_at})" if read.fault_at else ""
            raise click.ClickException(f"{statement_words.STATEMENT_FAULTS[read.fault]}{where}. Kept as {read.id}")
        click.echo(f"{read.id}: {read.entry_count:,} entries, {read.known_entries:,} known before")
        for other in repeated.overlaps(session, read):
            click.echo(f"same days as\t{other.file.file_name}\t{other.from_day}\t{other.to_day}")
        for match, (count, amount) in entries.counts_of(session, read.id).items():
            words = statement_words.MATCHES[match] if match else "Not matched"
            click.echo(f"{words}\t{count:,}\t{pence.format(amount)}")


@statement_group.command("columns")
@click.argument("file_id", type=click.UUID)
@click.option("--is", "given_columns", multiple=True, required=True, help="WHAT=NAME, as in day=Datum; once for each.")
@click.option("--month-first", is_flag=True, help="Days are 11/25/2026.")
@click.option("--decimal-comma", is_flag=True, help="Amounts are 1.234,56.")
@click.option("--in-is-negative", is_flag=True, help="In the one column of amounts, a minus is money in.")
@click.option("--read", "read_it", is_flag=True, help="Read it so; without this the first rows are only shown.")
@ground.person_options
@ground.body_option
def tell_columns(
    file_id: UUID,
    given_columns: tuple[str, ...],
    email: str,
    code: str | None,
    body_name: str | None,
    *,
    month_first: bool,
    decimal_comma: bool,
    in_is_negative: bool,
    read_it: bool,
) -> None:
    """Say what a table's columns are: day, amount, side, money_in, money_out, description, reference, kind, balance."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        file = statement.get_file(session, file_id, lock=True)
        places = dict(place_named(each, file.header or []) for each in given_columns)
        columns = Columns(places, month_first, in_is_negative, decimal_comma)
        try:
            for row in statement.first_rows(session, given.seals, file, columns, by=by)[:SHOWN]:
                side = "in" if row.pence > 0 else "out"
                click.echo(f"{row.day}\t{side}\t{pence.format(abs(row.pence))}\t{row.description}")
        except BadRow as bad:
            raise click.ClickException(f"line {bad.line}: {bad.column} can't be read from {bad.found!r}") from None
        if not read_it:
            return
        statement.tell_columns(session, file, columns, by=by, at=given.now())
    read_now(given, body_id, file_id)
    tell_what_it_is(given, body_id, file_id)


def place_named(told: str, header: Sequence[str]) -> tuple[Column, int]:
    """What a column is and its place, from WHAT=NAME."""
    what, _, name = told.partition("=")
    plain = "_".join(name.casefold().replace("_", " ").split())
    if what not in set(Column) or plain not in header:
        raise click.UsageError(f"{told}: give one of {', '.join(Column)}, and a name of {', '.join(header)}")
    return Column(what), list(header).index(plain)


def read_now(given: ground.Service, body_id: UUID, file_id: UUID) -> None:
    """Read it here, unless a worker has it or has done it."""
    with given.transaction(body_id) as session:
        reading.read(session, given, {"file_id": str(file_id)})


@statement_group.command("take-out")
@click.argument("file_id", type=click.UUID)
@click.option("--write-to", "path", type=click.Path(dir_okay=False, path_type=Path), required=True)
@ground.person_options
@ground.body_option
def take_out(file_id: UUID, path: Path, email: str, code: str | None, body_name: str | None) -> None:
    """Write a refused statement as it came, to be looked at. Recorded: it may hold bank details in full."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        file = statement.get_file(session, file_id)
        path.write_bytes(statement.take_out(session, given.seals, file, by=by, at=given.now()).read())
    click.echo(f"{path}: {path.stat().st_size:,} bytes. Do not open it with a program that trusts it.")


@statement_group.command("unmatched")
@ground.body_option
def list_unmatched(body_name: str | None) -> None:
    """Entries that are not matched, the oldest first: id, day, in or out, amount, what the bank says."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        after = None
        while rows := entries.unmatched(session, after=after, limit=500):
            texts = entries.texts_of(session, given.seals, rows)
            for row in rows:
                side = "in" if row.is_credit else "out"
                click.echo(f"{row.id}\t{row.booked_on}\t{side}\t{pence.format(row.amount_pence)}\t{texts[row.id]}")
            after = rows[-1].id


@statement_group.command("rules")
@ground.body_option
def list_rules(body_name: str | None) -> None:
    """The rules in force, the oldest first: id, in or out, words, code, what such entries are."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for each in rule.rules(session):
            side = "in" if each.is_credit else "out"
            click.echo(f"{each.id}\t{side}\t{each.words or 'any'}\t{each.code or 'any'}\t{each.match}")


@statement_group.command("rule")
@click.argument("side", type=click.Choice(["in", "out"]))
@click.argument("what", type=click.Choice([match.value for match in rule.BY_RULE]))
@click.option("--words", default="", help="Whole words that the bank writes, in this order.")
@click.option("--type", "kind", default="", help="The bank's own code of the type of transaction.")
@click.option("--because", "reason", required=True, help="Why, for the second person.")
@ground.person_options
@ground.body_option
def make_rule(
    side: str, what: str, words: str, kind: str, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose a rule of what entries are; `payouts change confirm` makes it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by, change_id, at = ground.acting(given, body_id, email, code), new_id(), given.now()
    with given.transaction(body_id) as session:
        rule.propose(
            session,
            change_id=change_id,
            is_credit=side == "in",
            words=words,
            code=kind,
            match=Match(what),
            reason=reason,
            by=by,
            at=at,
        )
    click.echo(f"{change_id}: proposed")


@statement_group.command("end-rule")
@click.argument("rule_id", type=click.UUID)
@click.option("--because", "reason", required=True, help="Why, for the second person.")
@ground.person_options
@ground.body_option
def end_rule(rule_id: UUID, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose that a rule ends; `payouts change confirm` ends it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        made = rule.propose_end(session, rule_id, change_id=new_id(), reason=reason, by=by, at=given.now())
    click.echo(f"{made.id}: proposed")


@statement_group.command("match")
@click.argument("entry_id", type=click.UUID)
@click.argument("what", type=click.Choice([*(match.value for match in Match), "nothing"]))
@click.option("--target", type=click.UUID, help="The payment file, or the payment that came back.")
@click.option("--because", "reason", required=True, help="How you know, for the second person.")
@ground.person_options
@ground.body_option
def match(
    entry_id: UUID, what: str, target: UUID | None, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose what an entry is, or that it is not what it was matched to; `payouts change confirm` does it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    meant = None if what == "nothing" else Match(what)
    with given.transaction(body_id) as session:
        made = manual.propose(
            session, entry_id, meant, target, change_id=new_id(), reason=reason, by=by, at=given.now()
        )
    click.echo(f"{made.id}: proposed")
