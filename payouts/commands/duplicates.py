"""`payouts duplicates`: payees who may be one person."""

from __future__ import annotations

from uuid import UUID

import click

from payouts import matching
from payouts.commands import ground
from payouts.web.duplicate_words import LIKELIHOODS, what_agrees
from schemes.database import new_id
from schemes.duplicates import merge
from schemes.duplicates import pair as pairs
from schemes.duplicates.pair import PairStatus
from schemes.duplicates.search import Scope, get_search
from schemes.errors import NotFound
from schemes.payee import get_payee

PAGE = 500


@click.group()
def duplicates() -> None:
    """Payees who may be one person."""


@duplicates.command("search")
@ground.person_options
@ground.body_option
def search(email: str, code: str | None, body_name: str | None) -> None:
    """Look through the whole register in the background; follow it until it ends."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        begun = matching.ask(session, Scope.REGISTER, by=by, at=given.now())

    def state() -> tuple[int, int, bool]:
        with given.transaction(body_id) as session:
            going_on = get_search(session, begun.id)
        return going_on.done, going_on.total, going_on.ended_at is not None

    with ground.bars() as bars:
        ground.follow(bars, "Comparing payees", state)
    with given.transaction(body_id) as session:
        counts = pairs.open_counts(session)
    for likelihood, words in LIKELIHOODS.items():
        click.echo(f"{words[0]}: {counts.get(likelihood, 0):,}")


@duplicates.command("list")
@click.option("--status", type=click.Choice([status.value for status in PairStatus]), default="open")
@ground.body_option
def list_pairs(status: str, body_name: str | None) -> None:
    """List pairs: id, how likely they are one person, both references, what agrees."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        after: UUID | None = None
        while found := pairs.pairs(session, status=PairStatus(status), after=after, limit=PAGE):
            after = found[-1].pair.id
            for row in found:
                told = what_agrees(row.pair.evidence)
                click.echo(
                    f"{row.pair.id}\t{row.pair.likelihood}\t{row.first.reference}\t{row.second.reference}\t{told}"
                )


@duplicates.command("not-same")
@click.argument("pair_id", type=click.UUID)
@click.option("--reason", required=True, help="How you know that they are two people.")
@click.option("--whole-account", is_flag=True, help="Say the same of all others who share the account of the two.")
@ground.person_options
@ground.body_option
def not_same(
    pair_id: UUID, reason: str, email: str, code: str | None, body_name: str | None, *, whole_account: bool
) -> None:
    """Say that the two payees of a pair are two people."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        pair = pairs.get_pair(session, pair_id, lock=True)
        settled = 1
        if whole_account:
            settled = pairs.settle_account(session, pair, reason=reason, by=by, at=given.now())
        else:
            pairs.say_not_same(session, pair, reason=reason, by=by, at=given.now())
    click.echo("Recorded: two people." if settled == 1 else f"Recorded: {settled:,} pairs of different people.")


@duplicates.command("merge")
@click.argument("pair_id", type=click.UUID)
@click.option("--keep", "reference", required=True, help="The reference of the payee who stays.")
@click.option("--reason", required=True, help="How you know that they are one person.")
@ground.person_options
@ground.body_option
def propose_merge(
    pair_id: UUID, reference: str, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose to merge the two payees of a pair. A second person confirms: `payouts change confirm`."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        pair = pairs.get_pair(session, pair_id, lock=True)
        both = [get_payee(session, payee_id) for payee_id in (pair.first_payee_id, pair.second_payee_id)]
        kept = next((payee for payee in both if payee.reference == reference), None)
        if kept is None:
            raise NotFound("payee of this pair", reference)
        proposed = merge.propose(
            session, pair, change_id=new_id(), kept_id=kept.id, reason=reason, by=by, at=given.now()
        )
    click.echo(f"Proposed. A second person now confirms it: payouts change confirm {proposed.id}")
