"""`payouts duplicates`: payees and beneficiaries who may be one person, and accounts of many."""

from __future__ import annotations

from uuid import UUID

import click

from payouts import matching
from payouts.commands import ground
from payouts.web.duplicate_words import LIKELIHOODS, what_agrees
from schemes.database import new_id
from schemes.duplicates import merge, one_beneficiary, shared_account, unmerge
from schemes.duplicates import pair as pairs
from schemes.duplicates.pair import BeneficiaryPair, DuplicatePair, PairStatus
from schemes.duplicates.search import Scope, get_search
from schemes.duplicates.shared_account import Holder, get_shared_account
from schemes.errors import NotFound
from schemes.payee import get_payee

PAGE = 500
KINDS: dict[str, type[DuplicatePair] | type[BeneficiaryPair]] = {
    "payees": DuplicatePair,
    "beneficiaries": BeneficiaryPair,
}
of_option = click.option("--of", "what", type=click.Choice(list(KINDS)), default="payees", show_default=True)


@click.group()
def duplicates() -> None:
    """Payees and beneficiaries who may be one person."""


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
        ground.follow(bars, "Comparing", state)
    with given.transaction(body_id) as session:
        counts = {
            "payees": pairs.open_counts(session, DuplicatePair),
            "beneficiaries": pairs.open_counts(session, BeneficiaryPair),
        }
    for what, found in counts.items():
        for likelihood, words in LIKELIHOODS.items():
            click.echo(f"{what.capitalize()}, {words[0].lower()}: {found.get(likelihood, 0):,}")


@duplicates.command("list")
@click.option("--status", type=click.Choice([status.value for status in PairStatus]), default="open")
@of_option
@ground.body_option
def list_pairs(status: str, what: str, body_name: str | None) -> None:
    """List pairs: id, how likely they are one person, both references, what agrees."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        after: UUID | None = None
        of_status = {"status": PairStatus(status), "likelihood": None, "limit": PAGE}
        while found := pairs.pairs_in(session, KINDS[what], after=after, **of_status):  # type: ignore[type-var, arg-type]
            after = found[-1].pair.id
            for row in found:
                told = what_agrees(row.pair.evidence)
                click.echo(
                    f"{row.pair.id}\t{row.pair.likelihood}\t{row.first.reference}\t{row.second.reference}\t{told}"
                )


@duplicates.command("not-same")
@click.argument("pair_id", type=click.UUID)
@click.option("--reason", required=True, help="How you know that they are two people.")
@click.option("--whole-account", is_flag=True, help="Say the same of all others who share the account of two payees.")
@of_option
@ground.person_options
@ground.body_option
def not_same(
    pair_id: UUID, reason: str, what: str, email: str, code: str | None, body_name: str | None, *, whole_account: bool
) -> None:
    """Say that the two of a pair are two people."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        pair = pairs.get_pair_of(session, KINDS[what], pair_id, lock=True)  # type: ignore[type-var]
        settled = 1
        if whole_account and isinstance(pair, DuplicatePair):
            settled = shared_account.settle_account(session, pair, reason=reason, by=by, at=given.now())
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


@duplicates.command("one-person")
@click.argument("pair_id", type=click.UUID)
@click.option("--reason", required=True, help="How you know that they are one person.")
@ground.person_options
@ground.body_option
def propose_one_person(pair_id: UUID, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose that the two beneficiaries of a pair are one person. A second person confirms it."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        pair = pairs.get_beneficiary_pair(session, pair_id, lock=True)
        proposed = one_beneficiary.propose_one(session, pair, change_id=new_id(), reason=reason, by=by, at=given.now())
    click.echo(f"Proposed. A second person now confirms it: payouts change confirm {proposed.id}")


@duplicates.command("undo")
@click.argument("pair_id", type=click.UUID)
@click.option("--reason", required=True, help="How you know that they are two people after all.")
@of_option
@ground.person_options
@ground.body_option
def undo(pair_id: UUID, reason: str, what: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose to undo a merge of two payees, or that two beneficiaries are one. A second person confirms it."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        facts = {"change_id": new_id(), "reason": reason, "by": by, "at": given.now()}
        if KINDS[what] is DuplicatePair:
            proposed = unmerge.propose(session, pairs.get_pair(session, pair_id, lock=True), **facts)  # type: ignore[arg-type]
        else:
            pair = pairs.get_beneficiary_pair(session, pair_id, lock=True)
            proposed = one_beneficiary.propose_two(session, pair, **facts)  # type: ignore[arg-type]
    click.echo(f"Proposed. A second person now confirms it: payouts change confirm {proposed.id}")


@duplicates.command("accounts")
@click.option("--settled", is_flag=True, help="Those of which somebody has said whose they are.")
@ground.body_option
def list_accounts(body_name: str | None, *, settled: bool) -> None:
    """Accounts of more than ten payees: id, how many, whose, one holder's name and the last four digits."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        after = None
        while found := shared_account.shared_accounts(session, settled=settled, after=after, limit=PAGE):
            after = found[-1]
            told = shared_account.examples(session, found)
            for one in found:
                holder_name, last_four = told.get(one.id, ("", ""))
                click.echo(f"{one.id}\t{one.payee_count}\t{one.holder}\t{holder_name}\t{last_four}")


@duplicates.command("settle-account")
@click.argument("shared_account_id", type=click.UUID)
@click.argument("holder", type=click.Choice([holder.value for holder in Holder]))
@click.option("--reason", required=True, help="How you know.")
@ground.person_options
@ground.body_option
def settle_account(
    shared_account_id: UUID, holder: str, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Say whose an account of many payees is; `unknown` has it looked at again."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        shared = get_shared_account(session, shared_account_id, lock=True)
        shared_account.say_whose(session, shared, Holder(holder), reason=reason, by=by, at=given.now())
    click.echo(f"Recorded for {shared.payee_count:,} payees.")
