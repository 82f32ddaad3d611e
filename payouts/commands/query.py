"""`payouts payroll query`: questions to colleagues about a sealed payroll, which void no decision."""

from __future__ import annotations

from uuid import UUID

import click

from payouts.commands import ground
from payouts.commands.payroll import person_of, ready
from payouts.gates.query import ask, get_query, queries_of, reply
from payouts.payroll import get_payroll, payroll_of_number
from schemes.database import new_id
from schemes.person import names


@click.group("query")
def query() -> None:
    """Ask a colleague about a sealed payroll, and answer."""


@query.command("list")
@click.argument("number", type=int)
@click.option("--open", "only_open", is_flag=True, help="Only those without an answer.")
@ground.body_option
def list_queries(number: int, only_open: bool, body_name: str | None) -> None:
    """The questions about a payroll, oldest first: id, who asked whom and when, question, answer."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people = names(session)
        for one in queries_of(session, payroll_of_number(session, number).id, only_open=only_open):
            asked = f"{people.get(one.asked_by, one.asked_by)} asked {people.get(one.asked_of, one.asked_of)}"
            click.echo(
                f"{one.id}\t{one.asked_at:%Y-%m-%d %H:%M}\t{asked}\t{one.question}\t{one.answer or 'no answer yet'}"
            )


@query.command("ask")
@click.argument("number", type=int)
@click.argument("colleague")
@click.argument("question")
@ground.person_options
@ground.body_option
def ask_colleague(
    number: int, colleague: str, question: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Ask a colleague, by their e-mail address; they are told."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        of = person_of(session, colleague)
        asked = ask(session, given, found, query_id=new_id(), of=of, question=question, by=by, at=given.now())
    click.echo(f"Asked: {asked.id}")


@query.command("answer")
@click.argument("number", type=int)
@click.argument("query_id", type=click.UUID)
@click.argument("answer")
@ground.person_options
@ground.body_option
def answer_query(number: int, query_id: UUID, answer: str, email: str, code: str | None, body_name: str | None) -> None:
    """Answer a question that you were asked; whoever asked is told."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id)
        one = get_query(session, found.id, query_id, lock=True)
        reply(session, given, found, one, answer=answer, by=by, at=given.now())
    click.echo("Answered.")
