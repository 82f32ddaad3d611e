"""`payouts bank-profile`: the accounts that a body pays from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from bacs import pence
from payouts.commands import ground
from payouts.commands.scheme import POUNDS
from schemes.bank_profile import bank_profiles
from schemes.bank_profile_change import Terms, propose
from schemes.database import new_id
from schemes.file_format import FileFormat
from schemes.file_naming import FIRST_PATTERN


@click.group("bank-profile")
def bank_profile() -> None:
    """The accounts that a body pays from, and how files reach the bank."""


@bank_profile.command("list")
@ground.body_option
def list_bank_profiles(body_name: str | None) -> None:
    """Name, end of the account, service user number or bureau, cut-off, limits and version of each."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for found in bank_profiles(session):
            number = found.service_user_number + (f" by bureau {found.bureau_number}" if found.bureau_number else "")
            limits = f"{pence.format(found.item_limit_pence)} a payment, {pence.format(found.file_limit_pence)} a file"
            click.echo(
                f"{found.name}\tending {found.last_four}\t{number}\tby {found.cut_off:%H:%M}\t{limits}\t"
                f"{found.file_format}\t{found.file_naming}\tversion {found.version}"
            )


@bank_profile.command("propose")
@click.argument("name")
@click.option("--new", is_flag=True, help="Another account; without it, a change of the one of this name.")
@click.option("--rename", help="A new name for it.")
@click.option("--account", is_flag=True, help="Ask for sort code and account number; a new account always does.")
@click.option("--account-name", help="18 characters reach the wire.")
@click.option("--service-user-name", help="18 characters reach the wire.")
@click.option("--service-user-number", help="Six digits. A sandbox's is always 000000.")
@click.option("--bureau-number", help="Of whoever submits for the body, like B12345; '' for the body itself.")
@click.option("--cut-off", type=click.DateTime(["%H:%M"]), help="The submitter's own, London time.")
@click.option("--recall-by", type=click.DateTime(["%H:%M"]), help="Of the processing day, London time, at most 16:00.")
@click.option("--trace-days", type=click.IntRange(1), help="Working days in which the bank says where a payment is.")
@click.option("--recovery-days", type=click.IntRange(1), help="Working days in which the bank gets one back.")
@click.option("--item-limit", type=POUNDS, help="The bank's, for one payment, in pounds.")
@click.option("--file-limit", type=POUNDS, help="The bank's, for one file, in pounds.")
@click.option("--items-per-file", type=click.IntRange(1))
@click.option(
    "--file-format", type=click.Choice([each.value for each in FileFormat]), help="What the bank or bureau takes."
)
@click.option("--file-naming", help=f"How files are called, like {FIRST_PATTERN}.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose_profile(
    name: str,
    rename: str | None,
    cut_off: datetime | None,
    recall_by: datetime | None,
    item_limit: int | None,
    file_limit: int | None,
    file_format: str | None,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
    *,
    new: bool,
    account: bool,
    **said: Any,
) -> None:
    """Propose an account to pay from, or a change of one; `payouts change confirm` by somebody else makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    typed = asked_for_account() if new or account else None
    by = ground.acting(given, body_id, email, code)
    changes = {
        **said,
        "name": rename,
        "cut_off": cut_off.time() if cut_off else None,
        "recall_by": recall_by.time() if recall_by else None,
        "item_limit_pence": item_limit,
        "file_limit_pence": file_limit,
        "file_format": FileFormat(file_format) if file_format else None,
    }
    changes = {field: value for field, value in changes.items() if value is not None}
    with given.transaction(body_id) as session:
        there = next((found for found in bank_profiles(session) if found.name == name), None)
        if new == (there is not None):
            raise click.ClickException(f"there is {'already' if new else 'no'} account called {name}")
        if there is None:
            terms = first_terms(name, changes)
        else:
            terms = replace(Terms(**{field: getattr(there, field) for field in Terms.__dataclass_fields__}), **changes)
        proposed = propose(
            session,
            given.seals,
            terms,
            account=typed,
            change_id=new_id(),
            line_id=there.line_id if there else new_id(),
            reason=reason,
            by=by,
            at=given.now(),
        )
    click.echo(f"Proposed, {proposed.id}.")


def asked_for_account() -> tuple[str, str]:
    """Asked for and never an option: what is typed into a command stays in the shell's history."""
    return (
        str(click.prompt("Sort code", hide_input=True, err=True)),
        str(click.prompt("Account number", hide_input=True, err=True)),
    )


def first_terms(name: str, changes: dict[str, Any]) -> Terms:
    """The terms of a new account. Fails with what is missing."""
    usual = {
        "service_user_number": "",
        "service_user_name": changes.get("account_name"),
        "bureau_number": "",
        "items_per_file": 50_000,
        "item_limit_pence": 20_000_000_00,
        "file_limit_pence": 20_000_000_00,
        "file_naming": FIRST_PATTERN,
        "file_format": FileFormat.STANDARD18,
    }
    facts = {**usual, **changes, "name": name}
    for field in ("account_name", "cut_off"):
        if facts.get(field) is None:
            raise click.ClickException(f"a new account needs --{field.replace('_', '-')}")
    return Terms(**facts)
