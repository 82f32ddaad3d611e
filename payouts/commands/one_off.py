"""`payouts one-off`: payments that no award makes due, entered by one person and confirmed by another."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from bacs import pence
from payouts import one_offs
from payouts.commands import ground
from payouts.commands.award import DAY
from payouts.commands.payroll import ready
from payouts.commands.scheme import POUNDS
from schemes import one_off as one_off_rows
from schemes import one_off_file
from schemes.database import new_id
from schemes.one_off_look import Wanted
from schemes.one_off_payment import WAITING, OneOffRow, get_one_off, rows_where
from schemes.payee import beneficiary_of_reference, payee_of_reference
from schemes.scheme import scheme_of_code


@click.group("one-off")
def one_off() -> None:
    """One-off payments: grants, refunds, further payments for a period that is paid."""


@one_off.command("list")
@click.option("--waiting", "only_waiting", is_flag=True, help="Only those that wait for a second person.")
@ground.body_option
def list_one_offs(body_name: str | None, *, only_waiting: bool) -> None:
    """Id, scheme, beneficiary, amount and where it is, of the newest."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        rows = rows_where(session, *((WAITING,) if only_waiting else ()))
        paid = one_offs.payrolls_of(session, [row.one_off.id for row in rows])
        for row in rows:
            payroll = paid.get(row.one_off.id)
            where = f"payroll {payroll.number}" if payroll else state(row)
            click.echo(
                f"{row.one_off.id}\t{row.scheme.code}\t{row.beneficiary.reference}\t"
                f"{pence.format(row.one_off.amount_pence)}\t{where}\t{row.one_off.reason}"
            )


@one_off.command("send")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scheme", "scheme_code", required=True, help="The scheme's code.")
@click.option("--good-rows", is_flag=True, help="Enter the good rows where some are refused; else all or none.")
@ground.person_options
@ground.body_option
def send(path: Path, scheme_code: str, email: str, code: str | None, body_name: str | None, *, good_rows: bool) -> None:
    """Enter the payments of a CSV file or workbook; a second person confirms them."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        at, content = given.now(), path.read_bytes()
        file = one_off_file.begin(
            session,
            given.seals,
            file_id=new_id(),
            scheme_id=scheme_of_code(session, scheme_code).id,
            file_name=path.name,
            content=content,
            by=by,
            at=at,
        )
        for row in file.faults:
            wrong = "; ".join(f"{fault['field']} {fault['reason']}" for fault in row["faults"])
            click.echo(f"line {row['line']}\t{row['reference']}\t{wrong}", err=True)
        entered = one_off_file.enter(session, given.seals, file, whole=not good_rows, by=by, at=at)
    click.echo(f"{file.id}: {entered:,} entered, {file.rows_unchanged:,} there already, {file.rows_refused:,} refused.")


@one_off.command("confirm-file")
@click.argument("file_id", type=click.UUID)
@ground.person_options
@ground.body_option
def confirm_file(file_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Confirm the payments of a file that somebody else sent."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        file = one_off_file.get_file(session, file_id, lock=True)
        click.echo(f"Confirmed: {one_off_file.confirm(session, file, by=by, at=given.now()):,} payments.")


def state(row: OneOffRow) -> str:
    if row.one_off.ended_at:
        return "withdrawn" if row.one_off.confirmed_at else "rejected"
    return "waits for a payroll" if row.one_off.confirmed_at else "waits for a second person"


@one_off.command("enter")
@click.argument("reference")
@click.option("--scheme", "scheme_code", required=True, help="The scheme's code.")
@click.option("--component", help="What of the scheme it is; else the scheme's first.")
@click.option("--payee", "payee_reference", help="Who receives it, if several are paid for the beneficiary.")
@click.option("--amount", type=POUNDS, required=True)
@click.option("--about", type=DAY, required=True, help="A day of the period that it is for.")
@click.option("--pay-from", type=DAY, required=True, help="No payroll before this day pays it.")
@click.option("--reason", required=True, help="Whoever confirms and approves it reads this.")
@click.option("--besides", default="", help="Why it is paid besides what is paid for this period already.")
@click.option("--sequence", type=int, help="Which further payment it is, so that a repeated call enters it once.")
@ground.person_options
@ground.body_option
def enter(
    reference: str,
    scheme_code: str,
    component: str | None,
    payee_reference: str | None,
    amount: int,
    about: datetime,
    pay_from: datetime,
    reason: str,
    besides: str,
    sequence: int | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Enter a payment for the beneficiary REFERENCE; a second person confirms it."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        wanted = Wanted(
            scheme_id=scheme_of_code(session, scheme_code).id,
            beneficiary_id=beneficiary_of_reference(session, reference).id,
            payee_id=payee_of_reference(session, payee_reference).id if payee_reference else None,
            component=component,
            amount_pence=amount,
            about=about.date(),
            pay_from=pay_from.date(),
            reason=reason,
            further_because=besides,
            sequence=sequence,
        )
        made = one_off_rows.propose(session, wanted, one_off_id=new_id(), by=by, at=given.now())
    click.echo(f"Entered: {made.id}. A second person confirms it.")


@one_off.command("confirm")
@click.argument("one_off_id", type=click.UUID)
@ground.person_options
@ground.body_option
def confirm(one_off_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Confirm a payment that somebody else entered."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        one_off_rows.confirm(session, get_one_off(session, one_off_id, lock=True), by=by, at=given.now())
    click.echo("Confirmed: the next payroll of its scheme pays it.")


@one_off.command("end")
@click.argument("one_off_id", type=click.UUID)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def end(one_off_id: UUID, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Reject a payment that waits, or withdraw one that no payroll has yet."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found, at = get_one_off(session, one_off_id, lock=True), given.now()
        if found.is_waiting:
            one_off_rows.reject(session, found, reason=reason, by=by, at=at)
        else:
            one_offs.withdraw(session, found, reason=reason, by=by, at=at)
    click.echo("Ended: nothing is paid.")
