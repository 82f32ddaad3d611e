"""`payouts suspense`: lines of the bank's of which nobody knows the payment, until two people settle them."""

from __future__ import annotations

from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.responses import by_hand
from payouts.responses import suspense as waiting
from payouts.responses.suspense import get_row
from payouts.web.response_words import SAYS, SUSPENSE


@click.group()
def suspense() -> None:
    """Lines of the bank's without a payment."""


@suspense.command("list")
@click.option("--most", default=50, show_default=True, help="How many at most.")
@ground.body_option
def list_lines(most: int, body_name: str | None) -> None:
    """Show what waits, the oldest first: id, file, what it says, amount, account, reference, state."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for row in waiting.rows(session, limit=most):
            amount = pence.format(row.line.amount_pence) if row.line.amount_pence is not None else "-"
            account = f"ending {row.line.last_four}" if row.line.last_four else "-"
            click.echo(
                f"{row.suspense.id}\t{row.response.file_name}\t{SAYS[row.line.says][0]}\t{amount}\t{account}\t"
                f"{row.line.reference or '-'}\t{SUSPENSE[row.suspense.status][0]}"
            )


@suspense.command("candidates")
@click.argument("suspense_id", type=click.UUID)
@ground.body_option
def candidates(suspense_id: UUID, body_name: str | None) -> None:
    """Show the payments that a line is likeliest about: id, payroll, reference, amount, payee, and what agrees."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in by_hand.candidates(session, get_row(session, suspense_id).line):
            same = [
                what
                for what, agrees in (
                    ("amount", one.same_amount),
                    ("account", one.same_account),
                    ("reference", one.same_reference),
                    ("day", one.same_day),
                )
                if agrees
            ]
            click.echo(
                f"{one.payment.id}\t{one.payroll.number}\t{one.payment.reference}\t"
                f"{pence.format(one.payment.amount_pence)}\t{one.payee.name}\t{', '.join(same) or 'nothing'}"
            )


@suspense.command("settle")
@click.argument("suspense_id", type=click.UUID)
@click.option("--payment", "payment_id", type=click.UUID, help="What it is about; without it, it is none of ours.")
@click.option("--because", "reason", required=True, help="How you know, for the second person.")
@ground.person_options
@ground.body_option
def settle(
    suspense_id: UUID, payment_id: UUID | None, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Say which payment a line is about, or that it is none of ours; `payouts suspense confirm` makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        row = get_row(session, suspense_id, lock=True)
        by_hand.propose(session, row, payment_id=payment_id, reason=reason, by=by, at=given.now())
    click.echo("Proposed. It counts once somebody else confirms it.")


@suspense.command("confirm")
@click.argument("suspense_id", type=click.UUID)
@click.option("--wait", is_flag=True, help="It is not right: let the line wait again.")
@ground.person_options
@ground.body_option
def confirm(suspense_id: UUID, email: str, code: str | None, body_name: str | None, *, wait: bool) -> None:
    """Confirm, as a second person, what a line is about."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        row = get_row(session, suspense_id, lock=True)
        act = by_hand.let_wait if wait else by_hand.confirm
        act(session, row, by=by, at=given.now())
        click.echo(SUSPENSE[row.suspense.status][0])
