"""`payouts response`: what the bank sends, and what came back."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.responses import response as received
from payouts.responses import suspense
from payouts.responses.line import counts_of
from payouts.returns.case import cases
from payouts.web.response_words import FAULTS, KINDS, SAYS, STATUSES
from payouts.web.return_words import REASONS
from schemes.bank_details import london_day
from schemes.database import new_id
from schemes.person import names


@click.group()
def response() -> None:
    """Files from the bank: reports of Bacs, pain.002, camt.054."""


@response.command("receive")
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True)
@ground.person_options
@ground.body_option
def receive(files: tuple[Path, ...], email: str, code: str | None, body_name: str | None) -> None:
    """Send files from the bank, which the workers read. A file that is known already changes nothing."""
    given = ground.service()
    for file in files:
        if file.stat().st_size > given.settings.upload_limit:
            raise click.ClickException(f"{file.name} is larger than an upload may be")
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    for file in files:
        response_id = new_id()
        with given.transaction(body_id) as session:
            got = received.receive(
                session,
                given.seals,
                response_id=response_id,
                file_name=file.name,
                content=file.read_bytes(),
                by=by,
                at=given.now(),
            )
        click.echo(f"{file.name}\t{got.id}\t{'taken in' if got.id == response_id else 'known already'}")


@response.command("list")
@click.option("--most", default=20, show_default=True, help="How many at most.")
@ground.body_option
def list_responses(most: int, body_name: str | None) -> None:
    """Show the last files from the bank, and what became of each."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for got in received.responses(session, limit=most):
            said = ", ".join(f"{SAYS[says][0].lower()} {n:,}" for says, n in counts_of(session, got.id).items())
            waiting = suspense.count_of(session, got.id)
            beside = FAULTS[got.fault] if got.fault else said + (f", without a payment {waiting:,}" if waiting else "")
            click.echo(
                f"{got.id}\t{got.received_at:%Y-%m-%d %H:%M}\t{got.file_name}\t{KINDS[got.kind]}\t"
                f"{STATUSES[got.status][0]}\t{beside}"
            )


@response.command("take-out")
@click.argument("response_id", type=click.UUID)
@click.option("--write-to", "path", type=click.Path(dir_okay=False, path_type=Path), required=True)
@ground.person_options
@ground.body_option
def take_out(response_id: UUID, path: Path, email: str, code: str | None, body_name: str | None) -> None:
    """Write a file as it came, a refused one too, to be looked at. Recorded: it may hold bank details in full."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        kept = received.get_response(session, response_id)
        path.write_bytes(received.take_out(session, given.seals, kept, by=by, at=given.now()).read())
    click.echo(f"{path}: {path.stat().st_size:,} bytes. Do not open it with a program that trusts it.")


@response.command("returns")
@click.option("--most", default=50, show_default=True, help="How many at most.")
@ground.body_option
def returns(most: int, body_name: str | None) -> None:
    """Show the payments that came back and are not put right, the oldest first."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people = names(session)
        for row in cases(session, limit=most):
            days = (london_day(given.now()) - london_day(row.case.opened_at)).days
            owner = people.get(row.case.owner_id, "-") if row.case.owner_id else "-"
            click.echo(
                f"{row.payment.reference}\t{row.payee.reference}\t{pence.format(row.case.amount_pence)}\t"
                f"{REASONS[row.case.reason][0]}\t{days} days\t{owner}"
            )
