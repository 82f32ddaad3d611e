"""`payouts payroll take-out` and what else changes a sealed payroll, under the same rules as on the pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from bacs import pence
from bacs.calendar import LONDON
from payouts.channels.made import record_made
from payouts.commands import ground
from payouts.commands.award import the_award
from payouts.commands.payroll import line, payroll, ready, wait_for
from payouts.files.stopping import stop_files
from payouts.off_cycle import create_off_cycle
from payouts.payment import Payment, in_payroll
from payouts.payroll import get_payroll, payroll_of_number
from payouts.redating import re_date
from payouts.reopening import reopen
from payouts.responses.clearing import record_cleared
from payouts.stopped_since import stopped_since
from payouts.taking_out import take_out
from payouts.top_up import create_top_up
from payouts.urgent import PayMethod, pay_award
from schemes.database import new_id


@payroll.command("take-out")
@click.argument("number", type=int)
@click.argument("references", nargs=-1)
@click.option("--from", "listed", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A line each.")
@click.option("--reason", required=True, help="Whoever approves the payroll reads it.")
@ground.person_options
@ground.body_option
def take_payments_out(
    number: int,
    references: tuple[str, ...],
    listed: Path | None,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Take payments out of a sealed payroll by their references; the files are built anew without them."""
    given, by = ready(email, code, body_name)
    from_file = listed.read_text(encoding="utf-8").split() if listed else []
    wanted = {reference.upper() for reference in (*references, *from_file)}
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        mine = select(Payment.reference, Payment.id).where(in_payroll(found.id), Payment.reference.in_(wanted))
        there = dict(session.execute(mine).all())
        if missing := wanted - there.keys():
            raise click.ClickException(f"not in payroll {number}: {', '.join(sorted(missing))}")
        ids = list(there.values())
        taken = take_out(session, found, amendment_id=new_id(), payment_ids=ids, reason=reason, by=by, at=given.now())
    if taken is None:
        click.echo("These were all the payments, so the payroll is cancelled.")
        return
    click.echo(f"Took {taken.payment_count:,} payments out, together {pence.format(taken.total_pence)}.")
    click.echo(line(wait_for(given, by, found.id, "Building and sealing the files")))


@payroll.command("stopped")
@click.argument("number", type=int)
@ground.body_option
def list_stopped(number: int, body_name: str | None) -> None:
    """Payments that may not be made any more, for what became known since the payroll was built: `take-out` them."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in stopped_since(session, payroll_of_number(session, number)):
            why = ", ".join(one.reasons)
            click.echo(f"{one.row.payment.reference}\t{pence.format(one.row.payment.amount_pence)}\t{why}")


@payroll.command("re-date")
@click.argument("number", type=int)
@click.argument("pay_date", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="Whoever decides on the payroll reads it.")
@ground.person_options
@ground.body_option
def move_pay_date(
    number: int, pay_date: datetime, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Move a payroll to another pay date; of a sealed one the files are built anew, and Ready stands."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        day = pay_date.date()
        re_date(
            session, given.calendar, found, amendment_id=new_id(), pay_date=day, reason=reason, by=by, at=given.now()
        )
    click.echo(line(wait_for(given, by, found.id, "Building for the new day")))


@payroll.command("off-cycle")
@click.argument("number", type=int)
@click.argument("pay_date", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("references", nargs=-1)
@ground.person_options
@ground.body_option
def pay_left_out(
    number: int,
    pay_date: datetime,
    references: tuple[str, ...],
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Pay those whom a payroll left out, by the beneficiaries' references; without any, all whose reason has gone."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        of = payroll_of_number(session, number)
        named, day, at = references or None, pay_date.date(), given.now()
        made = create_off_cycle(
            session, given.calendar, payroll_id=new_id(), of=of, references=named, pay_date=day, by=by, at=at
        )
    click.echo(line(wait_for(given, by, made.id, "Building and checking payments")))


@payroll.command("top-up")
@click.argument("number", type=int)
@click.argument("pay_date", type=click.DateTime(["%Y-%m-%d"]))
@ground.person_options
@ground.body_option
def pay_more(number: int, pay_date: datetime, email: str, code: str | None, body_name: str | None) -> None:
    """Pay the further payments (`payouts one-off enter`) that wait for the period of a released payroll."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        of, day = payroll_of_number(session, number), pay_date.date()
        made = create_top_up(session, given.calendar, payroll_id=new_id(), of=of, pay_date=day, by=by, at=given.now())
    click.echo(line(wait_for(given, by, made.id, "Building and checking payments")))


@payroll.command("urgent")
@click.argument("reference")
@click.option("--scheme", "scheme_code", help="The scheme's code; not needed if there is one award.")
@click.option("--about", type=click.DateTime(["%Y-%m-%d"]), required=True, help="A day of the period that it is for.")
@click.option("--method", type=click.Choice([*PayMethod]), required=True, help="How it is made.")
@click.option("--because", required=True, help="Why it can't wait: whoever decides on it reads this.")
@ground.person_options
@ground.body_option
def pay_urgently(
    reference: str,
    scheme_code: str | None,
    about: datetime,
    method: str,
    because: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Pay today what an award of the beneficiary REFERENCE makes due for a period."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        made = pay_award(
            session,
            given.calendar,
            the_award(session, reference, scheme_code),
            payroll_id=new_id(),
            about=about.date(),
            method=PayMethod(method),
            because=because,
            by=by,
            at=given.now(),
        )
    click.echo(line(wait_for(given, by, made.id, "Building and checking the payment")))


@payroll.command("made")
@click.argument("number", type=int)
@click.option("--reference", required=True, help="The bank's reference, or the cheque's number.")
@click.option("--by", "made_by", required=True, help="Who made the payment.")
@click.option("--at", "made_at", type=click.DateTime(["%Y-%m-%d %H:%M"]), required=True, help="London's time.")
@ground.person_options
@ground.body_option
def record_that_it_was_made(
    number: int,
    reference: str,
    made_by: str,
    made_at: datetime,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Record that an urgent payment was made in the bank's portal or by cheque."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        instant = made_at.replace(tzinfo=LONDON)
        record_made(session, found, reference=reference, made_by=made_by, made_at=instant, by=by, at=given.now())
        click.echo(line(found))


@payroll.command("cleared")
@click.argument("number", type=int)
@click.option("--because", required=True, help="How you know, as in the statement's number.")
@ground.person_options
@ground.body_option
def record_that_the_bank_took_it(
    number: int, because: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Record that the bank took an urgent payment that was made outside; the payroll closes."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        record_cleared(session, found, because=because, by=by, at=given.now())
        click.echo(line(found))


@payroll.command("reopen")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Whoever decided on the payroll reads it.")
@ground.person_options
@ground.body_option
def reopen_payroll(number: int, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Take a sealed payroll back to its findings; every decision is void."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        reopen(session, found, amendment_id=new_id(), reason=reason, by=by, at=given.now())
        click.echo(line(found))


@payroll.command("stop-files")
@click.argument("number", type=int)
@ground.person_options
@ground.body_option
def stop_files_of(number: int, email: str, code: str | None, body_name: str | None) -> None:
    """Give up files that can't be built: the payroll goes back to its findings."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        stop_files(session, found, by=by, at=given.now())
        click.echo(line(found))
