"""`payouts award`: adding, changing, ending and suspending awards, and what they will pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

import click
from sqlalchemy.orm import Session

from bacs import pence
from payouts.commands import ground
from payouts.entitlement import Due
from payouts.projection import projection
from schemes.amount import Inputs, read_inputs, units_words
from schemes.amount_rule import rule_on, rules_of
from schemes.award import Award, add_award, awards_for, parties_of
from schemes.award_history import Terms
from schemes.award_version import change_award, end_award, history_of, versions_of
from schemes.bank_details import london_day
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.payee import beneficiary_of_reference, payee_of_reference
from schemes.person import Actor, names
from schemes.scheme import get_scheme, scheme_of_code
from schemes.suspension import get_suspension, lift, suspend, suspensions_of

Command = TypeVar("Command", bound=Callable[..., object])
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def award() -> None:
    """Awards: what each person is due. REFERENCE is the beneficiary's own."""


def day(given: datetime | None) -> date | None:
    return given.date() if given else None


def award_options(command: Command) -> Command:
    command = click.option("--scheme", "scheme_code", help="The scheme's code; not needed if there is one award.")(
        ground.body_option(command)
    )
    return click.argument("reference")(command)


def input_options(command: Command) -> Command:
    """What the scheme's rule asks for."""
    command = click.option("--rate", help="Pounds for a unit, where each award has its own rate.")(command)
    command = click.option("--units", help="How many hours, nights or miles, where the scheme pays by units.")(command)
    return click.option("--amount", help="Pounds for each period, where the award names the amount.")(command)


@dataclass(frozen=True)
class Desk:
    """An open transaction with the one award meant, and who acts on it, if anybody does."""

    session: Session
    award: Award
    by: Actor | None
    at: datetime

    @property
    def actor(self) -> Actor:
        assert self.by is not None
        return self.by


def at_desk(
    act: Callable[[Desk], str],
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    email: str | None = None,
    code: str | None = None,
) -> None:
    """Do something with the award meant, in one transaction, and say what."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code) if email else None
    with given.transaction(body_id) as session:
        said = act(Desk(session, the_award(session, reference, scheme_code), by, given.now()))
    click.echo(said)


def the_award(session: Session, reference: str, scheme_code: str | None) -> Award:
    found = awards_for(session, reference, scheme_code=scheme_code)
    if len(found) != 1:
        codes = ", ".join(sorted({get_scheme(session, one.scheme_id).code for one in found})) or "none"
        raise click.ClickException(f"say which award of {reference} with --scheme. There is: {codes}")
    return found[0]


def inputs_for(
    session: Session,
    scheme_id: UUID,
    component: str,
    first_day: date,
    amount: str | None,
    units: str | None,
    rate: str | None,
) -> Inputs:
    rule = rule_on(session, scheme_id, component, first_day)
    if rule is None:
        raise NotFound("component", component)
    return read_inputs(rule, {"amount": amount or "", "units": units or "", "rate": rate or ""})


@award.command("show")
@award_options
def show(reference: str, scheme_code: str | None, body_name: str | None) -> None:
    """Each version of an award, newest last, and its suspensions."""
    at_desk(lambda desk: "\n".join(lines(desk)), reference, scheme_code, body_name)


def lines(desk: Desk) -> list[str]:
    found, people = desk.award, names(desk.session)
    parties = parties_of(desk.session, found.id)
    history = history_of(desk.session, found)
    made = [(found.made_by, "first awarded"), *((v.made_by, v.reason) for v in versions_of(desk.session, found.id))]
    told = [f"{parties.scheme.code}\t{parties.beneficiary.reference}\tpaid to {parties.payee.reference}\t{found.id}"]
    for terms, (who, why) in zip(history.terms, made, strict=True):
        told.append(f"  {terms.number}\t{written(terms)}\t{people.get(who, 'someone who has left')}\t{why}")
    for one in suspensions_of(desk.session, found.id):
        until = one.last_day or "lifted"
        state = f"lifted on {one.lifted_at:%Y-%m-%d}" if one.lifted_at else "holds"
        told.append(f"  suspended from {one.from_day} until {until}\t{state}\t{one.id}\t{one.reason}")
    return told


def written(terms: Terms) -> str:
    last = f" to {terms.last_day}" if terms.last_day else ""
    return f"from {terms.from_day}{last}\t{said_of(terms.inputs)}"


def said_of(inputs: Inputs | None) -> str:
    """What an award brings to its rule, in a few words."""
    if inputs is None:
        return "nothing is due"
    if inputs.amount_pence is not None:
        return pence.format(inputs.amount_pence)
    rate = f" at {pence.format(inputs.rate_pence)}" if inputs.rate_pence is not None else ""
    return f"{units_words(inputs.units or 0)} units{rate}"


@award.command("projection")
@award_options
def show_projection(reference: str, scheme_code: str | None, body_name: str | None) -> None:
    """What will be due in the next twelve months: period, pay date, pounds, and how they are worked out."""

    def act(desk: Desk) -> str:
        coming = projection(
            history_of(desk.session, desk.award),
            desk.award.component,
            rules_of(desk.session, desk.award.scheme_id),
            ground.service().calendar,
            london_day(desk.at),
        )
        return "\n".join(
            f"{one.period}\t{one.pay_date or 'chosen by hand'}\t{pence.format(one.pence)}\t"
            + ("; ".join(one.due.steps) if isinstance(one.due, Due) else one.due.value)
            for one in coming
        )

    at_desk(act, reference, scheme_code, body_name)


@award.command("add")
@click.argument("reference")
@click.option("--scheme", "scheme_code", required=True, help="The scheme's code.")
@click.option("--component", help="What of the scheme, by its code; else its first.")
@click.option("--payee", "payee_reference", help="Who is paid, by reference; else the beneficiary's own.")
@input_options
@click.option("--from", "first_day", type=DAY, required=True, help="First day that counts.")
@click.option("--to", "last_day", type=DAY, help="Last day that counts; none: no end.")
@ground.person_options
@ground.body_option
def add(
    reference: str,
    scheme_code: str,
    component: str | None,
    payee_reference: str | None,
    amount: str | None,
    units: str | None,
    rate: str | None,
    first_day: datetime,
    last_day: datetime | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Award something to a beneficiary who is in the register."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        scheme = scheme_of_code(session, scheme_code)
        added = add_award(
            session,
            award_id=new_id(),
            scheme_id=scheme.id,
            beneficiary_id=beneficiary_of_reference(session, reference).id,
            payee_id=payee_of_reference(session, payee_reference or reference).id,
            component=component,
            inputs=inputs_for(session, scheme.id, component or scheme.component, first_day.date(), amount, units, rate),
            first_day=first_day.date(),
            last_day=day(last_day),
            by=by,
            at=given.now(),
        )
    click.echo(f"Added the award {added.id}.")


@award.command("change")
@award_options
@input_options
@click.option("--from", "from_day", type=DAY, required=True, help="First day of the change; it may be in the past.")
@click.option("--to", "last_day", type=DAY, help="Last day that counts; none: no end.")
@click.option("--payee", "payee_reference", help="Who is paid from then on; else as before.")
@click.option("--reason", required=True)
@ground.person_options
def change(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    amount: str | None,
    units: str | None,
    rate: str | None,
    from_day: datetime,
    last_day: datetime | None,
    payee_reference: str | None,
    reason: str,
    email: str,
    code: str | None,
) -> None:
    """Change an award from a day on. The next payroll makes up for periods that were paid already."""

    def act(desk: Desk) -> str:
        first = from_day.date()
        payee_id = history_of(desk.session, desk.award).payee_on(first)
        if payee_reference:
            payee_id = payee_of_reference(desk.session, payee_reference).id
        made = change_award(
            desk.session,
            desk.award,
            version_id=new_id(),
            from_day=first,
            last_day=day(last_day),
            inputs=inputs_for(desk.session, desk.award.scheme_id, desk.award.component, first, amount, units, rate),
            payee_id=payee_id,
            reason=reason,
            by=desk.actor,
            at=desk.at,
        )
        return f"Changed: version {made.number}."

    at_desk(act, reference, scheme_code, body_name, email, code)


@award.command("end")
@award_options
@click.option("--last-day", type=DAY, required=True, help="The last day that counts.")
@click.option("--reason", required=True)
@ground.person_options
def end(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    last_day: datetime,
    reason: str,
    email: str,
    code: str | None,
) -> None:
    """End an award with a day."""

    def act(desk: Desk) -> str:
        end_award(
            desk.session,
            desk.award,
            version_id=new_id(),
            last_day=last_day.date(),
            reason=reason,
            by=desk.actor,
            at=desk.at,
        )
        return f"Ended: nothing is due after {last_day:%Y-%m-%d}."

    at_desk(act, reference, scheme_code, body_name, email, code)


@award.command("suspend")
@award_options
@click.option("--from", "from_day", type=DAY, required=True, help="First day that is not due.")
@click.option("--to", "last_day", type=DAY, help="Last day that is not due; none: until somebody lifts it.")
@click.option("--review-on", type=DAY, help="When somebody looks at it again; needed without --to.")
@click.option("--reason", required=True)
@ground.person_options
def suspend_award(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    from_day: datetime,
    last_day: datetime | None,
    review_on: datetime | None,
    reason: str,
    email: str,
    code: str | None,
) -> None:
    """Suspend an award: nothing is due for these days."""

    def act(desk: Desk) -> str:
        made = suspend(
            desk.session,
            desk.award,
            suspension_id=new_id(),
            from_day=from_day.date(),
            last_day=day(last_day),
            review_on=day(review_on),
            reason=reason,
            by=desk.actor,
            at=desk.at,
        )
        return f"Suspended: {made.id}. A second person lifts it."

    at_desk(act, reference, scheme_code, body_name, email, code)


@award.command("lift")
@award_options
@click.option("--suspension", "suspension_id", type=click.UUID, required=True, help="As `award show` tells it.")
@click.option("--pay-arrears/--no-arrears", required=True, help="Whether the suspended days are paid after all.")
@click.option("--reason", required=True)
@ground.person_options
def lift_suspension(
    reference: str,
    scheme_code: str | None,
    body_name: str | None,
    suspension_id: UUID,
    reason: str,
    email: str,
    code: str | None,
    *,
    pay_arrears: bool,
) -> None:
    """Lift a suspension, as a second person."""

    def act(desk: Desk) -> str:
        found = get_suspension(desk.session, desk.award.id, suspension_id, lock=True)
        lift(desk.session, found, desk.award, pays_arrears=pay_arrears, reason=reason, by=desk.actor, at=desk.at)
        return "Lifted."

    at_desk(act, reference, scheme_code, body_name, email, code)
