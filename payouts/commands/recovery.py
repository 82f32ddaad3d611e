"""`payouts recovery`: getting back by instalments what an award was paid too much."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.commands.award import DAY, Desk, at_desk, award_options
from payouts.commands.scheme import POUNDS
from payouts.recovering import balances
from schemes import recovery as recoveries
from schemes.database import new_id
from schemes.recovery import get_recovery, recoveries_of


@click.group()
def recovery() -> None:
    """Recoveries of overpayments. REFERENCE is the beneficiary's own."""


@recovery.command("list")
@award_options
def list_recoveries(reference: str, scheme_code: str | None, body_name: str | None) -> None:
    """What is recovered from an award: total, taken, left."""

    def act(desk: Desk) -> str:
        found = recoveries_of(desk.session, desk.award.id)
        left = balances(desk.session, found)
        return "\n".join(
            f"{one.id}\t{'waiting' if one.is_waiting else 'rejected' if one.rejected_at else 'confirmed'}\t"
            f"{pence.format(one.total_pence)}\ttaken {pence.format(left[one.id].taken_pence)}\t"
            f"left {pence.format(left[one.id].total_left_pence)}\t{one.reason}"
            for one in found
        )

    at_desk(act, reference, scheme_code, body_name)


@recovery.command("propose")
@award_options
@click.option("--total", type=POUNDS, required=True, help="Pounds to get back in all.")
@click.option("--instalment", type=POUNDS, help="Pounds of each payment.")
@click.option("--share", type=int, help="Or per cent of each payment.")
@click.option("--least-left", type=POUNDS, required=True, help="Pounds that stay of each payment; 0: none need to.")
@click.option("--from", "from_day", type=DAY, required=True, help="The first pay date that it counts for.")
@click.option("--reason", required=True)
@ground.person_options
def propose(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    total: int,
    instalment: int | None,
    share: int | None,
    least_left: int,
    from_day: datetime,
    reason: str,
    email: str,
    code: str | None,
) -> None:
    """Propose to recover something; a second person confirms it."""

    def act(desk: Desk) -> str:
        made = recoveries.propose(
            desk.session,
            desk.award,
            recovery_id=new_id(),
            total_pence=total,
            instalment_pence=instalment,
            share_percent=share,
            least_left_pence=least_left,
            from_day=from_day.date(),
            reason=reason,
            by=desk.actor,
            at=desk.at,
        )
        return f"Proposed: {made.id}. A second person confirms it."

    at_desk(act, reference, scheme_code, body_name, email, code)


@recovery.command("confirm")
@award_options
@click.option("--recovery", "recovery_id", type=click.UUID, required=True, help="As `recovery list` tells it.")
@ground.person_options
def confirm(
    reference: str, scheme_code: str | None, body_name: str | None, recovery_id: UUID, email: str, code: str | None
) -> None:
    """Confirm a recovery, as a second person."""

    def act(desk: Desk) -> str:
        found = get_recovery(desk.session, desk.award.id, recovery_id, lock=True)
        recoveries.confirm(desk.session, found, desk.award, by=desk.actor, at=desk.at)
        return "Confirmed."

    at_desk(act, reference, scheme_code, body_name, email, code)
