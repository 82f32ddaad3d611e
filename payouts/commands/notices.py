"""`payouts notices`: how a payroll's notices go, sending again what did not arrive, words, and a body's own Notify."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

import click

from payouts.commands import ground
from payouts.notices import again, connection, staff_wording
from payouts.notices.connection import KeyKind, NotifyTerms, Way
from payouts.notices.event import FIELDS, NoticeEvent
from payouts.notices.forecast import ask_again, forecast
from payouts.notices.lint import WordingRefused
from payouts.notices.staff_wording import StaffText
from payouts.notices.wording import Place, Wordings
from payouts.notices.wording import propose as propose_words
from payouts.notices.words import Words
from payouts.payroll import get_payroll, payroll_of_number
from payouts.web.notice_words import fault_words
from schemes.database import new_id
from schemes.payee import Language, payee_of_reference

EVENT = click.Choice([event.value for event in NoticeEvent])
STAFF_EVENT = click.Choice([text.value for text in StaffText])
WAY = click.Choice([way.value for way in Way])
EVENTS = f"EVENT is one of: {', '.join(EVENT.choices)}. WAY is one of: {', '.join(WAY.choices)}."
STAFF_EVENTS = f"EVENT is one of: {', '.join(STAFF_EVENT.choices)}."


def language_option(command: ground.Command) -> ground.Command:
    return click.option(
        "--language", type=click.Choice([each.value for each in Language]), default="english", show_default=True
    )(command)


def wrong(refused: WordingRefused, fields: Iterable[str]) -> click.ClickException:
    """Everything that is wrong with words, and which fields they may have."""
    faults = ". ".join(fault_words(fault) for fault in refused.faults)
    return click.ClickException(f"{faults}. Fields of this message: {', '.join(sorted(fields))}.")


@click.group("notices")
def notices() -> None:
    """What payees are told, and whether it reached them."""


@notices.command("show")
@click.argument("number", type=int)
@ground.body_option
def show(number: int, body_name: str | None) -> None:
    """How many notices of a payroll, by its NUMBER, are where, why some did not arrive, and how long the rest takes."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        standing = again.standing_of(session, given, payroll_of_number(session, number).id)
    for status, count in standing.counts.items():
        click.echo(f"{status}\t{count}")
    for (status, why), count in standing.reasons.items():
        click.echo(f"not reached\t{status} {why}".rstrip() + f"\t{count}")
    if standing.waiting:
        click.echo(f"minutes left\t{standing.minutes_left}")


@notices.command("forecast")
@click.argument("number", type=int)
@ground.body_option
def show_forecast(number: int, body_name: str | None) -> None:
    """By what way how many payees of a payroll will be told, and what Notify will not send, before anything is sent."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        ahead = forecast(session, given, payroll_of_number(session, number).id)
    if ahead is None:
        raise click.ClickException("This was not counted yet: it is soon after a payroll’s checks have ended.")
    click.echo(f"counted at\t{ahead.counted_at.isoformat()}")
    for way, many in ahead.by_way.items():
        click.echo(f"{way}\t{many}")
    click.echo(f"no address\t{ahead.unreached}\nabroad\t{ahead.abroad}")
    if not ahead.is_set_up:
        click.echo("no Notify is set up")
    if ahead.team_only or ahead.kind is KeyKind.TEST:
        limits = "trial" if ahead.in_trial else ahead.kind
        click.echo(f"limited\t{limits}\t{ahead.over_the_day} over a day")


@notices.command("count")
@click.argument("number", type=int)
@ground.person_options
@ground.body_option
def count_again(number: int, email: str, code: str | None, body_name: str | None) -> None:
    """Have the payees of a payroll counted again by the way they will be told, after contacts were put right."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        payroll = payroll_of_number(session, number)
        ask_again(session, payroll, count_id=new_id(), by=by, at=given.now())
    click.echo("They are being counted.")


@notices.command("again")
@click.argument("number", type=int)
@ground.person_options
@ground.body_option
def send_again(number: int, email: str, code: str | None, body_name: str | None) -> None:
    """Send what did not arrive again, by the best way that each payee has by now. Whoever got theirs gets nothing."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        payroll = get_payroll(session, payroll_of_number(session, number).id)
        count = again.send_failed_again(session, given, payroll, by=by, at=given.now())
    click.echo(f"{count} notices are sent again.")


@notices.command("of-payee")
@click.argument("reference")
@ground.body_option
def of_payee(reference: str, body_name: str | None) -> None:
    """What a payee was told: when, of what, by what way, and whether it arrived."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in again.notices_of(session, payee_of_reference(session, reference).id):
            click.echo(
                f"{one.sent_at or one.made_at:%Y-%m-%d %H:%M}\t{one.event}\t{one.channel}\t{one.status}\t{one.id}"
            )


@notices.command("words", epilog=EVENTS)
@click.argument("event", type=EVENT, metavar="EVENT")
@click.argument("way", type=WAY, metavar="WAY")
@language_option
@ground.body_option
def words(event: str, way: str, language: str, body_name: str | None) -> None:
    """The words that count now: the subject, an empty line, and the message."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found, _ = Wordings(session).of(Place(NoticeEvent(event), Way(way), Language(language)))
    click.echo(f"{found.subject}\n\n{found.body}" if found.subject else found.body)


@notices.command("propose-words", epilog=EVENTS)
@click.argument("event", type=EVENT, metavar="EVENT")
@click.argument("way", type=WAY, metavar="WAY")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--reason", required=True, help="Why: everyone in the body can read it.")
@language_option
@ground.person_options
@ground.body_option
def propose(
    event: str,
    way: str,
    file: TextIO,
    reason: str,
    language: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose the words in FILE, written as `payouts notices words` prints them. Another person confirms them."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    place = Place(NoticeEvent(event), Way(way), Language(language))
    written = file.read()
    subject, _, body = ("", "", written) if place.way is Way.TEXT else written.partition("\n\n")
    try:
        with given.transaction(by.body_id) as session:
            facts = {"change_id": new_id(), "reason": reason, "by": by, "at": given.now()}
            proposed = propose_words(session, place, Words(subject.strip(), body.strip()), **facts)  # type: ignore[arg-type]
    except WordingRefused as refused:
        raise wrong(refused, FIELDS[place.event]) from None
    click.echo(f"Proposed. Somebody else confirms it: payouts change confirm {proposed.id}")


@notices.command("staff-words", epilog=STAFF_EVENTS)
@click.argument("event", type=STAFF_EVENT, metavar="EVENT")
@ground.body_option
def staff_words(event: str, body_name: str | None) -> None:
    """The words that count now of a message to the people who work here."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = staff_wording.words_of(session, StaffText(event))
    click.echo(f"{found.subject}\n\n{found.body}")


@notices.command("propose-staff-words", epilog=STAFF_EVENTS)
@click.argument("event", type=STAFF_EVENT, metavar="EVENT")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--reason", required=True, help="Why: everyone in the body can read it.")
@ground.person_options
@ground.body_option
def propose_staff_words(
    event: str, file: TextIO, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose the words in FILE, written as `payouts notices staff-words` prints them. Another person confirms them."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    subject, _, body = file.read().partition("\n\n")
    try:
        with given.transaction(by.body_id) as session:
            facts = {"change_id": new_id(), "reason": reason, "by": by, "at": given.now()}
            proposed = staff_wording.propose(session, StaffText(event), Words(subject, body), **facts)  # type: ignore[arg-type]
    except WordingRefused as refused:
        raise wrong(refused, staff_wording.FIELDS[StaffText(event)]) from None
    click.echo(f"Proposed. Somebody else confirms it: payouts change confirm {proposed.id}")


@notices.command("propose-notify")
@click.option("--kind", type=click.Choice([kind.value for kind in KeyKind]), required=True)
@click.option("--email-template", default="")
@click.option("--text-template", default="")
@click.option("--letter-template", default="")
@click.option("--in-trial", is_flag=True, help="The service is in trial mode: it sends to its team alone.")
@click.option("--keep-key", is_flag=True, help="Keep the API key there is; without this it is asked for.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose_notify(
    kind: str,
    email_template: str,
    text_template: str,
    letter_template: str,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
    *,
    in_trial: bool,
    keep_key: bool,
) -> None:
    """Propose the body's own GOV.UK Notify for messages to payees. Another person confirms it."""
    given = ground.service()
    key = "" if keep_key else str(click.prompt("The API key", hide_input=True, err=True))
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    terms = NotifyTerms(KeyKind(kind), in_trial, email_template, text_template, letter_template)
    with given.transaction(by.body_id) as session:
        proposed = connection.propose(
            session, given.seals, terms, api_key=key, change_id=new_id(), reason=reason, by=by, at=given.now()
        )
    click.echo(f"Proposed. Somebody else confirms it: payouts change confirm {proposed.id}")
