"""`payouts confirmation`: checking names with the payees' banks (Confirmation of Payee)."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select

from payouts.commands import ground
from payouts.confirmation import asking, run
from payouts.confirmation.confirmation import counts_of_import, told_of
from payouts.confirmation.run import Progress
from payouts.web.confirmation_words import CODES, outcome_name
from schemes import name_policy
from schemes.account import accounts_of
from schemes.errors import NotFound
from schemes.imports.register_import import get_import
from schemes.payee import Payee


@click.group()
def confirmation() -> None:
    """Names checked with the payees' banks (Confirmation of Payee)."""


@confirmation.command("ask")
@click.option("--import", "import_id", type=click.UUID, help="Of one file; without it, of the whole register.")
@ground.person_options
@ground.body_option
def ask(import_id: UUID | None, email: str, code: str | None, body_name: str | None) -> None:
    """Check every name that has no answer, or none that still counts, in the background; follow it until it ends."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        begun = asking.ask_all(given, session, import_id, by=by)

    def state() -> tuple[int, int, bool]:
        found = progress()
        return found.done, found.total, not found.running

    def progress() -> Progress:
        with given.transaction(body_id) as session:
            return run.progress_of(session, run.get_run(session, begun.id))

    with ground.bars() as bars:
        ground.follow(bars, "Checking names", state)
    if not progress().ended:
        raise click.ClickException("the check stopped, because there was no answer: see `payouts task list`")
    click.echo(f"Checked {progress().done:,} names.")


@confirmation.command("show")
@click.option("--import", "import_id", type=click.UUID, help="How many names of a file have which answer.")
@click.option("--payee", "reference", help="What was answered for each version of one payee's bank details.")
@ground.body_option
def show(import_id: UUID | None, reference: str | None, body_name: str | None) -> None:
    """Show answers: of a file by class, or of a payee. The name that a bank holds stands on the payee's page only."""
    if (import_id is None) == (reference is None):
        raise click.UsageError("give --import or --payee")
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        if import_id is not None:
            for outcome, count in counts_of_import(session, get_import(session, import_id)).items():
                click.echo(f"{outcome_name(outcome)}\t{count:,}")
            return
        payee = session.scalars(select(Payee).where(Payee.reference == reference)).one_or_none()
        if payee is None:
            raise NotFound("payee", reference)
        accounts = accounts_of(session, payee.id)
        policy = name_policy.current(session)
        told = told_of(session, given.seals, accounts)
    for account in accounts:
        if account.id not in told:
            click.echo(f"version {account.version}\t{outcome_name(None)}")
            continue
        answer = told[account.id].answer
        old = f", older than {policy.good_for_days} days" if answer.is_old(given.now(), policy.good_for) else ""
        click.echo(
            f"version {account.version}\t{outcome_name(answer.outcome)}\t{answer.code}\t{CODES[answer.code].said}"
            f"\t{answer.asked_at:%Y-%m-%d %H:%M} UTC{old}"
        )
