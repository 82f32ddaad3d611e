"""`payouts trace`: payments that somebody says have not arrived, from the call about them to their end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.commands.returns import payment_named
from payouts.payroll import payroll_of_number
from payouts.returns import tracing
from payouts.returns.trace import ToldBy, TraceWhy, get_trace, open_traces, steps_of
from payouts.returns.tracing import BankAnswer
from payouts.web.trace_words import OUTCOMES, PAYEE_TOLD, SAID, STAGES, STEPS
from schemes.bank_details import london_day
from schemes.database import new_id
from schemes.person import names


@click.group()
def trace() -> None:
    """Payments that have not arrived, or went to a wrong account."""


@trace.command("list")
@click.option("--most", default=50, show_default=True, help="How many at most.")
@ground.body_option
def list_traces(most: int, body_name: str | None) -> None:
    """Show what is looked for, the next deadline first: id, reference, amount, what comes next, due, whose work."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people = names(session)
        today = london_day(given.now())
        for row in open_traces(session, limit=most):
            due = row.trace.due_on
            click.echo(
                f"{row.trace.id}\t{row.payment.reference}\t{pence.format(row.payment.amount_pence)}\t"
                f"{STAGES[row.trace.stage][0]}\t{due}{' late' if due and due < today else ''}\t"
                f"{people.get(row.trace.owner_id, '-') if row.trace.owner_id else '-'}"
            )


@trace.command("show")
@click.argument("trace_id", type=click.UUID)
@ground.body_option
def show(trace_id: UUID, body_name: str | None) -> None:
    """Show one with all its steps."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found, people = get_trace(session, trace_id), names(session)
        click.echo(f"{STAGES[found.stage][0]}\tdue {found.due_on or '-'}\t{found.said}")
        if found.said_account:
            click.echo(f"account\t{SAID[found.said_account][0]}")
        for step in steps_of(session, trace_id):
            who = people.get(step.by, "someone who has left") if step.by else "the bank"
            told = f"\t{PAYEE_TOLD[step.payee_told]}" if step.payee_told else ""
            click.echo(f"{step.at:%Y-%m-%d %H:%M}\t{STEPS[step.kind]}\t{who}\t{step.words}{told}")
        if found.outcome:
            click.echo(OUTCOMES[found.outcome])


@trace.command("open")
@click.argument("number", type=int)
@click.argument("reference")
@click.option("--why", type=click.Choice([each.value for each in TraceWhy]), default=TraceWhy.NOT_ARRIVED.value)
@click.option("--told-by", type=click.Choice([each.value for each in ToldBy]), default=ToldBy.PAYEE.value)
@click.option("--told-on", type=click.DateTime(["%Y-%m-%d"]), help="When they said it; today without it.")
@click.option("--said", required=True, help="What they say.")
@ground.person_options
@ground.body_option
def open_one(
    number: int,
    reference: str,
    why: str,
    told_by: str,
    told_on: datetime | None,
    said: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Look for the payment of payroll NUMBER with this REFERENCE."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payroll = payroll_of_number(session, number)
        made = tracing.open_trace(
            session,
            given,
            payroll,
            payment_named(session, payroll.id, reference),
            trace_id=new_id(),
            why=TraceWhy(why),
            told_by=ToldBy(told_by),
            told_on=told_on.date() if told_on else london_day(given.now()),
            said=said,
            by=by,
            at=given.now(),
        )
        click.echo(f"{made.id}\tcompare the accounts by {made.due_on}")


@trace.command("take")
@click.argument("trace_id", type=click.UUID)
@ground.person_options
@ground.body_option
def take(trace_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Take one on as one's own work."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        tracing.take_on(session, get_trace(session, trace_id, lock=True), by=by, at=given.now())
    click.echo("It is yours now.")


@trace.command("compare")
@click.argument("trace_id", type=click.UUID)
@click.option("--unsaid", is_flag=True, help="They could not say which account is theirs.")
@click.option("--words", default="", help="How they know it.")
@ground.person_options
@ground.body_option
def compare(trace_id: UUID, words: str, email: str, code: str | None, body_name: str | None, *, unsaid: bool) -> None:
    """Hold the account that the payee says against the one paid; its digits are asked for."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    # asked for and never an option: what is typed into a command stays in the shell's history
    said = {
        name: "" if unsaid else str(click.prompt(label, hide_input=True, err=True, default="", show_default=False))
        for name, label in (
            ("sort_code", "Sort code"),
            ("account_number", "Account number"),
            ("roll_number", "Roll number"),
        )
    }
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        found = get_trace(session, trace_id, lock=True)
        result = tracing.compare(session, given, found, words=words, by=by, at=given.now(), **said)
    click.echo(f"{SAID[result][0]}. {SAID[result][1]}.")


@trace.command("asked")
@click.argument("trace_id", type=click.UUID)
@click.option("--reference", default="", help="The bank's own, of this enquiry.")
@click.option("--words", default="", help="How it was asked.")
@ground.person_options
@ground.body_option
def asked(trace_id: UUID, reference: str, words: str, email: str, code: str | None, body_name: str | None) -> None:
    """Record that the bank was asked."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        found = get_trace(session, trace_id, lock=True)
        tracing.ask_bank(session, given, found, reference=reference, words=words, by=by, at=given.now())
        click.echo(f"The bank should answer by {found.due_on}.")


@trace.command("answer")
@click.argument("trace_id", type=click.UUID)
@click.argument("said", type=click.Choice([each.value for each in BankAnswer]))
@click.option("--words", required=True, help="Where the bank says so.")
@ground.person_options
@ground.body_option
def answer(trace_id: UUID, said: str, words: str, email: str, code: str | None, body_name: str | None) -> None:
    """Record what the bank says; that the money is back, `payouts return confirm` by somebody else makes so."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        found = get_trace(session, trace_id, lock=True)
        tracing.answer(session, given, found, BankAnswer(said), words=words, by=by, at=given.now())
        click.echo(OUTCOMES[found.outcome] if found.outcome else f"{STAGES[found.stage][0]}, due {found.due_on}")


@trace.command("found")
@click.argument("trace_id", type=click.UUID)
@click.option("--words", required=True, help="Why it is looked for no longer.")
@ground.person_options
@ground.body_option
def found(trace_id: UUID, words: str, email: str, code: str | None, body_name: str | None) -> None:
    """Look for it no longer: it is there after all."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        tracing.find(session, get_trace(session, trace_id, lock=True), words=words, by=by, at=given.now())
    click.echo("It is looked for no longer.")
