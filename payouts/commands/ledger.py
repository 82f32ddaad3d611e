"""`payouts ledger`: where the money is, the daily control, and closing the books."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.ledger import control, held, period
from payouts.ledger.balance import balances, by_scheme, whereabouts
from payouts.ledger.closing import closed_to
from payouts.ledger.entry import Event
from payouts.payroll import payroll_of_number
from payouts.web import ledger_words
from schemes.database import new_id
from schemes.scheme import schemes_of_body


@click.group()
def ledger() -> None:
    """Where the money is, whether everything agrees, and which days are closed."""


@ledger.command("balances")
@click.option("--payroll", "number", type=int, help="Of one payroll, by its number.")
@ground.body_option
def show_balances(number: int | None, body_name: str | None) -> None:
    """What is in each place, in payments and pounds; then by scheme."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        payroll_id = payroll_of_number(session, number).id if number is not None else None
        where = whereabouts(session, payroll_id=payroll_id)
        click.echo(f"released\t\t{pence.format(where.released_pence)}")
        for account, balance in balances(session, payroll_id=payroll_id).items():
            if account in where.payments:
                click.echo(f"{account}\t{balance.held_entries:,}\t{pence.format(balance.held_pence)}")
        found = by_scheme(session) if payroll_id is None else {}
        for scheme in schemes_of_body(session):
            if scheme.id in found:
                for words, amount in ledger_words.places(found[scheme.id]):
                    click.echo(f"{scheme.code}\t{words}\t{amount}")


@ledger.command("control")
@ground.body_option
def run_control(body_name: str | None) -> None:
    """Hold the ledger against payrolls, files and the bank; exits with 1 where something differs."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        run = control.compare(session, asked_by=None, at=given.now())
        click.echo(f"{run.payrolls:,} payrolls compared, {run.proven:,} of them entry by entry")
        for difference in run.found():
            words = ledger_words.DIFFERENCES[difference.kind]
            figures = "\t".join(f"{label}: {figure}" for label, figure in ledger_words.difference_figures(difference))
            click.echo(f"payroll {difference.payroll or '-'}\t{words.what}\t{figures}\t{words.to_do}")
    if run.difference_count:
        raise click.ClickException(ledger_words.difference_count(run.difference_count))
    click.echo("everything agrees")


@ledger.command("close")
@click.argument("last_day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--because", "reason", required=True, help="Why, for the second person.")
@ground.person_options
@ground.body_option
def close(last_day: datetime, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose to close the books up to and including a day; `payouts change confirm` closes them."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        made = period.propose(session, last_day.date(), change_id=new_id(), reason=reason, by=by, at=given.now())
        closed = closed_to(session)
    click.echo(f"{made.id}: proposed. Closed so far: {closed or 'no day'}")


@ledger.command("held")
@ground.body_option
def list_held(body_name: str | None) -> None:
    """Payments whose money is held, the longest first: id, payroll, payment, since, why, amount."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        after = None
        while rows := held.held_payments(session, after=after, limit=500):
            for row in rows:
                facts = (row.payment.id, row.payroll.number, row.payment.ordinal, row.since, row.event)
                click.echo("\t".join(map(str, (*facts, pence.format(row.payment.amount_pence)))))
            after = rows[-1].entry_id


@ledger.command("end")
@click.argument("payment_id", type=click.UUID)
@click.argument("end", type=click.Choice([each.value for each in held.ENDS]))
@click.option("--because", "reason", required=True, help="Why, for the second person.")
@ground.person_options
@ground.body_option
def end_held(payment_id: UUID, end: str, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose that held money is owed to nobody any more, or written off; `payouts change confirm` does it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        made = held.propose_end(
            session, payment_id, Event(end), change_id=new_id(), reason=reason, by=by, at=given.now()
        )
    click.echo(f"{made.id}: proposed")
