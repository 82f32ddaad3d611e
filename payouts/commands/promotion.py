"""`payouts body promote`: a sandbox's set-up against its live body's, and the proposal to carry the difference over."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, BinaryIO

import click

from payouts.commands import ground
from payouts.going_live import answering, promotion
from payouts.going_live.promoted_account import NewAccount, see_accounts
from payouts.web.promotion_words import differing, item_title
from schemes.change import get_change
from schemes.database import connect, new_id

LARGEST_FILE = 64 * 1024


@click.group("promote")
def promote() -> None:
    """Carry what was rehearsed in a sandbox over to its live body. --body is the live one."""


@promote.command("show")
@click.option("--json", "as_json", is_flag=True, help="All facts, for a script.")
@ground.person_options
@ground.body_option
def show(email: str, code: str | None, body_name: str | None, *, as_json: bool) -> None:
    """What the sandbox has otherwise: id of each thing, new or differing, and what of it differs."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        found = promotion.difference(session, at=given.now())
        promotion.must_rehearse(session, by, found.sandbox_id)
    if as_json:
        items = [{**item._asdict(), "id": item.id} for item in found.items]
        click.echo(json.dumps({**found.facts, "items": items}, indent=2, ensure_ascii=False))
        return
    for item in found.items:
        rows = "; ".join(f"{what}: {before or '-'} -> {after or '-'}" for what, before, after in differing(item))
        click.echo(f"{item.id}\t{'new' if item.is_new else 'differs'}\t{item_title(item)}\t{rows}")


def day_typed(typed: str) -> tuple[str, date]:
    """`HIL=2027-04-01`."""
    code, _, day = typed.partition("=")
    try:
        return code.upper(), datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise click.ClickException(f"{typed}: write a scheme's code and a day, like HIL=2027-04-01") from None


@promote.command("propose")
@click.option(
    "--accounts", type=click.File("rb"), help="JSON: by name of a new account its sort_code, account_number, and so on."
)
@click.option("--from", "days", multiple=True, help="From which day a live scheme's version counts: HIL=2027-04-01.")
@click.option("--only", multiple=True, help="Id of a thing as `show` tells it; may be repeated. Else all but the name.")
@click.option("--reason", required=True, help="For the second administrator.")
@ground.person_options
@ground.body_option
def propose(
    accounts: BinaryIO | None,
    days: tuple[str, ...],
    only: tuple[str, ...],
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose to carry the difference over as one change; another administrator looks at the accounts and confirms."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    typed = accounts_typed(accounts.read(LARGEST_FILE)) if accounts else {}
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        proposed = promotion.propose(
            session,
            given.seals,
            change_id=new_id(),
            chosen=only or None,
            accounts=typed,
            days=dict(day_typed(each) for each in days),
            reason=reason,
            by=by,
            at=given.now(),
        )
    click.echo(f"Proposed {len(proposed.after['items'])} things. Another administrator sees the accounts and confirms:")
    click.echo(f"payouts body promote accounts {proposed.id}; payouts change confirm {proposed.id}")


def accounts_typed(content: bytes) -> dict[str, NewAccount]:
    """Fails with what is wrong with the file."""
    try:
        found: dict[str, Any] = json.loads(content)
        return {name: NewAccount(**{key: str(value) for key, value in told.items()}) for name, told in found.items()}
    except (ValueError, TypeError, AttributeError):
        needed = ", ".join(name for name in NewAccount._fields if name not in NewAccount._field_defaults)
        raise click.ClickException(f"the accounts are no JSON of names, each with {needed}") from None


@promote.command("accounts")
@click.argument("change_id", type=click.UUID)
@ground.person_options
@ground.body_option
def accounts(change_id: Any, email: str, code: str | None, body_name: str | None) -> None:
    """The whole numbers of the proposed accounts, which whoever confirms looks at first. It is recorded."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        seen = see_accounts(session, given.seals, get_change(session, change_id), by=by, at=given.now())
    for name, (sort_code, account_number) in seen.items():
        click.echo(f"{name}\t{sort_code}\t{account_number}")


@promote.command("from")
@click.argument("sandbox")
@click.option("--operator", required=True, help="Your name: it is kept.")
@ground.body_option
def link(sandbox: str, operator: str, body_name: str | None) -> None:
    """Name the SANDBOX in which a live body rehearses, for one that was made by `body add`. As the tables' owner."""
    given = ground.service()
    body_id, sandbox_id = ground.one_body(given, body_name), ground.one_body(given, sandbox)
    if not given.settings.owner_database_url:
        raise click.ClickException("OWNER_DATABASE_URL is not set: only the owner of the tables says this")
    answering.must_be_pair(given, body_id, sandbox_id)
    owner = connect(given.settings.owner_database_url)
    try:
        answering.link(owner, body_id, sandbox_id, operator=operator, at=given.now())
    finally:
        owner.dispose()
    click.echo("It rehearses there from now on.")
