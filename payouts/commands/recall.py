"""`payouts recall`: asking the bank to take a payment or a file back before it is paid."""

from __future__ import annotations

from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.commands.returns import payment_named
from payouts.files.payment_file import files_of, get_file
from payouts.payroll import get_payroll, payroll_of_number
from payouts.returns import recall as recalls
from payouts.returns.recall import get_recall, recalls_of
from payouts.web.return_words import RECALLS
from schemes.database import new_id


@click.group()
def recall() -> None:
    """Payments and files that the bank is asked to take back."""


@recall.command("list")
@click.option("--payroll", "number", type=int, help="All of one payroll; without it, those without an answer.")
@ground.body_option
def list_recalls(number: int | None, body_name: str | None) -> None:
    """Show recalls: id, file, payment or `whole file`, state, possible until, what the bank said."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        if number is None:
            found = recalls.open_recalls(session, limit=500)
        else:
            found = recalls_of(session, payroll_of_number(session, number).id)
        for one in found:
            file = get_file(session, one.payroll_id, one.file_id)
            what = one.payment_id or "whole file"
            click.echo(
                f"{one.id}\t{file.name}\t{what}\t{RECALLS[one.status][0]}\tuntil {one.deadline_at:%Y-%m-%d %H:%M} UTC"
                f"\t{one.answer or ''}"
            )


@recall.command("ask")
@click.argument("number", type=int)
@click.option("--file", "file_name", help="The file's name, where the payroll has several.")
@click.option("--reference", help="Of one payment.")
@click.option("--whole-file", is_flag=True, help="Every payment of the file.")
@click.option("--because", "reason", required=True, help="Why it is wanted back.")
@ground.person_options
@ground.body_option
def ask(
    number: int,
    file_name: str | None,
    reference: str | None,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
    *,
    whole_file: bool,
) -> None:
    """Record that payroll NUMBER's file, or a payment of it, is asked back, and print what the bank has to be told."""
    if bool(reference) is whole_file:
        raise click.UsageError("say what is wanted back: --reference of one payment, or --whole-file")
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payroll = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        payment = payment_named(session, payroll.id, reference) if reference else None
        files = [
            file
            for file in files_of(session, payroll.id)
            if file_name in (None, file.name) and (payment is None or payment.file_id == file.id)
        ]
        if len(files) != 1:
            raise click.ClickException("say which file with --file: " + ", ".join(file.name for file in files))
        made = recalls.ask(
            session,
            payroll,
            recall_id=new_id(),
            file_id=files[0].id,
            payment_id=payment.id if payment else None,
            reason=reason,
            by=by,
            at=given.now(),
        )
        click.echo(f"{made.id}\tpossible until {made.deadline_at:%Y-%m-%d %H:%M} UTC")
        click.echo(f"serial number {files[0].serial:06d}, processing day {payroll.processing_day}")
        if payment is not None:
            known_as, amount = recalls.credit_of(session, payment)
            click.echo(f"reference {known_as}, {pence.format(amount)}")


@recall.command("refused")
@click.argument("recall_id", type=click.UUID)
@click.option("--answer", required=True, help="What the bank said.")
@ground.person_options
@ground.body_option
def refused(recall_id: UUID, answer: str, email: str, code: str | None, body_name: str | None) -> None:
    """Record that the bank refused: the payment stays on its way."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        found = get_recall(session, recall_id, lock=True)
        recalls.refuse(session, found, get_payroll(session, found.payroll_id), answer=answer, by=by, at=given.now())
    click.echo("Recorded. The payment stays on its way.")
