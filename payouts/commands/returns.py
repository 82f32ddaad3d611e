"""`payouts return`: what came back, told by letter too, until it is paid again or two people decide otherwise."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs import pence
from payouts.commands import ground
from payouts.commands.response import returns as list_returns
from payouts.payment import Payment
from payouts.payroll import payroll_of_number
from payouts.responses import by_hand
from payouts.returns import case as work
from payouts.returns import outcome as outcomes
from payouts.returns import telling
from payouts.returns.case import next_of, row_of
from payouts.returns.outcome import Outcome, get_outcome
from payouts.returns.reason import Reason
from payouts.returns.reissue import create_reissue
from payouts.returns.returned import ReturnedPayment, case_of, get_case
from payouts.web.return_words import OUTCOMES, REASONS, STATUSES
from schemes.database import new_id
from schemes.person import names
from schemes.scheme import schemes_of_body


@click.group("return")
def return_group() -> None:
    """Payments that came back, or never left."""


return_group.add_command(list_returns, "list")


def payment_named(session: Session, payroll_id: UUID, reference: str) -> Payment:
    """The payment of a payroll with a reference. Fails where several have it, or none."""
    found = session.scalars(
        select(Payment).where(Payment.payroll_id == payroll_id, Payment.reference == reference)
    ).all()
    if len(found) != 1:
        raise click.ClickException(f"{len(found)} payments of this payroll have the reference {reference}")
    return found[0]


def case_named(session: Session, number: int, reference: str, *, lock: bool = False) -> ReturnedPayment:
    """The case of a payment that came back."""
    payment = payment_named(session, payroll_of_number(session, number).id, reference)
    found = case_of(session, payment.id)
    if found is None:
        raise click.ClickException(f"{reference} did not come back")
    return get_case(session, found.id, lock=lock)


@return_group.command("show")
@click.argument("number", type=int)
@click.argument("reference")
@ground.body_option
def show(number: int, reference: str, body_name: str | None) -> None:
    """Show what became of payroll NUMBER's payment REFERENCE: state, why, what is to be done, proposals with ids."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        case = case_named(session, number, reference)
        row, people = row_of(session, case), names(session)
        click.echo(f"{case.id}\t{STATUSES[case.status][0]}\t{pence.format(case.amount_pence)}\t{row.payee.name}")
        click.echo(f"why\t{REASONS[case.reason][0]}")
        click.echo(f"next\t{next_of(session, row, at=given.now()).replace('_', ' ')}")
        for made in outcomes.outcomes_of(session, case.id):
            state = "waits" if made.is_waiting else "confirmed" if made.confirmed_at else "rejected"
            by = people.get(made.proposed_by, "someone who has left")
            click.echo(f"{made.id}\t{OUTCOMES[made.outcome][0]}\t{state}\t{by}\t{made.reason}")


@return_group.command("take")
@click.argument("number", type=int)
@click.argument("reference")
@ground.person_options
@ground.body_option
def take(number: int, reference: str, email: str, code: str | None, body_name: str | None) -> None:
    """Take a case on as one's own work."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        work.assign(session, case_named(session, number, reference, lock=True), by=by, at=given.now())
    click.echo("It is yours now.")


@return_group.command("tell")
@click.argument("number", type=int)
@click.argument("reference")
@click.argument("why", type=click.Choice([each.value for each in Reason]))
@click.option("--because", "reason", required=True, help="Where the bank says so, as the date of its letter.")
@ground.person_options
@ground.body_option
def tell(
    number: int, reference: str, why: str, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Record that a payment came back by letter; `payouts return confirm` by somebody else makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payment = payment_named(session, payroll_of_number(session, number).id, reference)
        told = telling.tell(session, payment, told_id=new_id(), why=Reason(why), reason=reason, by=by, at=given.now())
    click.echo(f"{told.id}: recorded, to be confirmed")


@return_group.command("told")
@ground.body_option
def list_told(body_name: str | None) -> None:
    """Show the returns by letter that wait for a second person: id, reference, why, where the bank says so."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for told in telling.waiting(session, limit=500):
            payment = session.get_one(Payment, (told.body_id, told.payment_id))
            click.echo(f"{told.id}\t{payment.reference}\t{REASONS[told.why][0]}\t{told.reason}")


@return_group.command("confirm")
@click.argument("told_id", type=click.UUID)
@ground.person_options
@ground.body_option
def confirm(told_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Confirm, as a second person, that a payment came back by letter."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        by_hand.confirm_told(session, telling.get_told(session, told_id, lock=True), by=by, at=given.now())
    click.echo("It came back.")


@return_group.command("again")
@click.argument("scheme_code")
@click.argument("pay_date", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--payment", "named", multiple=True, help="PAYROLL/REFERENCE of one; without it, all that is ready.")
@ground.person_options
@ground.body_option
def pay_again(
    scheme_code: str, pay_date: datetime, named: tuple[str, ...], email: str, code: str | None, body_name: str | None
) -> None:
    """Create a payroll that pays again what came back and is ready, or certain payments by name."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        scheme = next((one for one in schemes_of_body(session) if one.code == scheme_code), None)
        if scheme is None:
            raise click.ClickException(f"there is no scheme {scheme_code}")
        chosen = [case_named(session, int(one.partition("/")[0]), one.partition("/")[2]).id for one in named]
        payroll = create_reissue(
            session,
            given.calendar,
            payroll_id=new_id(),
            scheme_id=scheme.id,
            named=chosen or None,
            pay_date=pay_date.date(),
            by=by,
            at=given.now(),
        )
        click.echo(f"payroll {payroll.number}, paid on {payroll.pay_date}")


@return_group.command("propose")
@click.argument("number", type=int)
@click.argument("reference")
@click.argument("outcome", type=click.Choice([each.value for each in Outcome]))
@click.option("--because", "reason", required=True, help="Why, for the second person.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="When what is kept is looked at again.")
@ground.person_options
@ground.body_option
def propose(
    number: int,
    reference: str,
    outcome: str,
    reason: str,
    until: datetime | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose that the money is kept, set off or written off; `payouts return decide` by somebody else does it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        made = outcomes.propose(
            session,
            case_named(session, number, reference, lock=True),
            outcome_id=new_id(),
            outcome=Outcome(outcome),
            reason=reason,
            review_on=until.date() if until else None,
            by=by,
            at=given.now(),
        )
    click.echo(f"{made.id}: proposed")


@return_group.command("decide")
@click.argument("number", type=int)
@click.argument("reference")
@click.argument("outcome_id", type=click.UUID)
@click.option("--reject-because", help="Reject it, with the reason; without this it is confirmed.")
@ground.person_options
@ground.body_option
def decide(
    number: int,
    reference: str,
    outcome_id: UUID,
    reject_because: str | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Confirm, as a second person, what becomes of the money, or reject it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        case = case_named(session, number, reference, lock=True)
        made = get_outcome(session, case, outcome_id, lock=True)
        if reject_because is None:
            outcomes.confirm(session, case, made, by=by, at=given.now())
        else:
            outcomes.reject(session, case, made, reason=reject_because, by=by, at=given.now())
        click.echo(STATUSES[case.status][0])
