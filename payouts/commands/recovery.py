"""`payouts recovery`: getting back by instalments what an award was paid too much."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from bacs import pence
from payouts.commands import ground
from payouts.commands.award import DAY, Desk, at_desk, award_options
from payouts.commands.scheme import POUNDS
from payouts.overpaid import overpaid_awards
from payouts.recovering import balances
from schemes import recovery as recoveries
from schemes import write_off as write_offs
from schemes.database import new_id
from schemes.recovery import Recovery, get_recovery, recoveries_of
from schemes.write_off import Ending, get_write_off


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


@recovery.command("end")
@award_options
@click.option("--recovery", "recovery_id", type=click.UUID, required=True, help="As `recovery list` tells it.")
@click.option("--write-off/--still-owed", "written_off", required=True, help="What happens to what is not back.")
@click.option("--reason", required=True)
@ground.person_options
def end(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    recovery_id: UUID,
    reason: str,
    email: str,
    code: str | None,
    *,
    written_off: bool,
) -> None:
    """Propose to end a recovery; a second person confirms it with `confirm-end`."""

    def act(desk: Desk) -> str:
        found = get_recovery(desk.session, desk.award.id, recovery_id, lock=True)
        kind = Ending.WRITE_OFF if written_off else Ending.STOP
        return proposed(desk, found, kind, None, reason)

    at_desk(act, reference, scheme_code, body_name, email, code)


@recovery.command("write-off")
@award_options
@click.option("--amount", type=POUNDS, required=True, help="Pounds that the body gives up.")
@click.option("--reason", required=True)
@ground.person_options
def write_off(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    amount: int,
    reason: str,
    email: str,
    code: str | None,
) -> None:
    """Propose to write off what nobody recovers; a second person confirms it with `confirm-end`."""
    at_desk(
        lambda desk: proposed(desk, None, Ending.WRITE_OFF, amount, reason),
        reference,
        scheme_code,
        body_name,
        email,
        code,
    )


def proposed(desk: Desk, found: Recovery | None, kind: Ending, amount_pence: int | None, reason: str) -> str:
    made = write_offs.propose(
        desk.session,
        desk.award,
        write_off_id=new_id(),
        recovery=found,
        kind=kind,
        pence=amount_pence,
        reason=reason,
        by=desk.actor,
        at=desk.at,
    )
    return f"Proposed: {made.id}. A second person confirms it."


@recovery.command("confirm-end")
@award_options
@click.option("--id", "write_off_id", type=click.UUID, required=True, help="As `end` or `write-off` told it.")
@ground.person_options
def confirm_end(
    reference: str, scheme_code: str | None, body_name: str | None, write_off_id: UUID, email: str, code: str | None
) -> None:
    """Confirm the end of a recovery or a write-off, as a second person."""

    def act(desk: Desk) -> str:
        found = get_write_off(desk.session, desk.award.id, write_off_id, lock=True)
        write_offs.confirm(desk.session, found, desk.award, by=desk.actor, at=desk.at)
        return "Confirmed."

    at_desk(act, reference, scheme_code, body_name, email, code)


@recovery.command("overpaid")
@ground.body_option
def overpaid(body_name: str | None) -> None:
    """Awards that were paid too much: what of it nobody has decided about, and since when it is known."""
    given = ground.service()
    after = None
    with given.transaction(ground.one_body(given, body_name)) as session:
        while True:
            awards, after = overpaid_awards(session, after=after)
            for one in awards:
                click.echo(
                    f"{one.scheme.code}\t{one.beneficiary.reference}\t{pence.format(one.overpaid_pence)}\t"
                    f"undecided {pence.format(one.open_pence)}\tknown since {one.known_since:%Y-%m-%d}"
                )
            if after is None:
                return


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
