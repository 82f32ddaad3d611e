"""`payouts payroll`: a payroll's way from the command line, under the same rules as on the pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs import pence
from bacs.calendar import LONDON
from payouts.app import Service
from payouts.cancelling import cancel
from payouts.channels import download as channel
from payouts.channels import submission
from payouts.channels.release import DaysGone, ReleaseRefused, TooLate, record_refusal, release_if_passed
from payouts.checks.finding import groups_of
from payouts.commands import ground
from payouts.files.payment_file import files_of
from payouts.files.sealing import ask_for_files
from payouts.files.segment import blocks_of
from payouts.finance_codes import by_finance_code, finance_csv
from payouts.gates import attachment, cover
from payouts.gates.attachment import Attachment
from payouts.gates.deciding import decide
from payouts.gates.decision import Verdict, gate_states, took_part
from payouts.gates.manifest import manifest_of
from payouts.gates.release_freeze import Frozen
from payouts.gates.release_funds import FundsLacking
from payouts.notices.notice import counts_of
from payouts.payment import unpaid_counts
from payouts.payroll import (
    Payroll,
    PayrollKind,
    PayrollStatus,
    create_payroll,
    get_payroll,
    payroll_of_number,
    payrolls_of_body,
)
from schemes.bank_profile import newest_profile
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.person import Actor, Person, address, names
from schemes.scheme import scheme_of_code
from schemes.scheme_version import next_paid, versions_of

RUNNING = (PayrollStatus.BUILDING, PayrollStatus.SEALING)


@click.group()
def payroll() -> None:
    """Payrolls: create, check, decide, release."""


@payroll.command("list")
@ground.body_option
def list_payrolls(body_name: str | None) -> None:
    """Number, status, pay date, payments and total of each payroll, newest first."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for found in payrolls_of_body(session):
            click.echo(line(found))


def line(found: Payroll) -> str:
    of_kind = "" if found.kind is PayrollKind.REGULAR else f"\t{found.kind.replace('_', '-')}"
    return (
        f"{found.number}\t{found.status}\t{found.pay_date}\t{found.payment_count:,} payments\t"
        f"{pence.format(found.total_pence)}{of_kind}"
    )


@payroll.command("show")
@click.argument("number", type=int)
@ground.body_option
def show(number: int, body_name: str | None) -> None:
    """Everything about one payroll: days, figures, findings, files, gates, notices."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = payroll_of_number(session, number)
        click.echo(line(found))
        click.echo(
            f"  input {found.input_day}, processing {found.processing_day}, entry {found.pay_date}; "
            f"cut-off {found.deadline_at.astimezone(LONDON):%H:%M on %d %B %Y}"
        )
        for reason, count in unpaid_counts(session, found.id).items():
            click.echo(f"  not paid: {count:,} ({reason})")
        for group in groups_of(session, found.id):
            left = f", {group.open_count:,} open" if group.open_count else ""
            click.echo(f"  finding: {group.kind} ({group.severity}): {group.count:,}{left}")
        for file in files_of(session, found.id):
            click.echo(f"  file: {file.name}  sha256 {file.sha256}  {file.payment_count:,} payments")
        people = names(session)
        for state in gate_states(session, found):
            said = ", ".join(f"{people.get(d.person_id, d.person_id)}: {d.verdict}" for d in state.decisions)
            lacks = ", ".join(f"{people} {role}" for role, people in state.lacks.items())
            needs = f"; lacks {lacks}" if lacks else ""
            said = f"{said or 'no decision'}{needs}"
            click.echo(f"  gate {state.gate.position} {state.gate.name} ({state.gate.role}): {said}")
        for status, count in counts_of(session, found.id).items():
            click.echo(f"  notices {status}: {count:,}")


@payroll.command("finance-codes")
@click.argument("number", type=int)
@ground.body_option
def finance_codes(number: int, body_name: str | None) -> None:
    """CSV of what a payroll pays under each finance code; the amounts add up to its total."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        lines = by_finance_code(session, payroll_of_number(session, number))
    click.echo(finance_csv(lines or []), nl=False)


@payroll.command("create")
@click.option("--scheme", "scheme_code", required=True, help="The scheme's code.")
@click.option(
    "--pay-date", type=click.DateTime(["%Y-%m-%d"]), help="The day payees have the money; else the scheme's next."
)
@click.option(
    "--kind",
    type=click.Choice([PayrollKind.REGULAR, PayrollKind.ONE_OFF]),
    default=PayrollKind.REGULAR,
    help="All that is due, or one-off payments alone. For the others: `payroll off-cycle`, `payroll top-up`.",
)
@ground.person_options
@ground.body_option
def create(
    scheme_code: str, pay_date: datetime | None, kind: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Create a payroll, and wait until it is built and checked."""
    given, by = ready(email, code, body_name)
    payroll_id = new_id()
    with given.transaction(by.body_id) as session:
        scheme = scheme_of_code(session, scheme_code)
        profile = newest_profile(session, scheme.bank_profile_id)
        earliest = given.calendar.earliest_entry(given.now(), profile.cut_off)
        by_rule = next_paid(versions_of(session, scheme.id), earliest, given.calendar)
        create_payroll(
            session,
            given.calendar,
            payroll_id=payroll_id,
            scheme_id=scheme.id,
            pay_date=pay_date.date() if pay_date else (by_rule and by_rule.pay_date) or earliest,
            kind=PayrollKind(kind),
            by=by,
            at=given.now(),
        )
    found = wait_for(given, by, payroll_id, "Building and checking payments")
    click.echo(line(found))
    click.echo(f"See what the checks found: payouts payroll show {found.number}")


def ready(email: str, code: str | None, body_name: str | None) -> tuple[Service, Actor]:
    given = ground.service()
    return given, ground.acting(given, ground.one_body(given, body_name), email, code)


def wait_for(given: Service, by: Actor, payroll_id: Any, what: str) -> Payroll:
    """Wait, with a bar, until the workers have finished the step that runs."""
    found: list[Payroll] = []

    def state() -> tuple[int, int, bool]:
        with given.transaction(by.body_id) as session:
            now = get_payroll(session, payroll_id)
        found[:] = [now]
        return now.progress_done, now.progress_total, now.status not in RUNNING

    with ground.bars() as progress:
        ground.follow(progress, what, state)
    return found[0]


@payroll.command("seal")
@click.argument("number", type=int)
@ground.person_options
@ground.body_option
def seal(number: int, email: str, code: str | None, body_name: str | None) -> None:
    """Build and seal the files; every decision after this is bound to their bytes."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        ask_for_files(session, found, by=by, at=given.now())
        payroll_id = found.id
    wait_for(given, by, payroll_id, "Building and sealing the files")
    with given.transaction(by.body_id) as session:
        for file in files_of(session, payroll_id):
            click.echo(f"{file.name}  sha256 {file.sha256}")


def attach_file(
    session: Session, given: Service, found: Payroll, gate_id: UUID, path: Path, *, by: Actor
) -> Attachment:
    """A file from this machine as the evidence of a decision."""
    return attachment.attach(
        session,
        given.seals,
        found,
        attachment_id=new_id(),
        gate_id=gate_id,
        file_name=path.name,
        content=path.read_bytes(),
        by=by,
        at=given.now(),
    )


def person_of(session: Session, email: str) -> UUID:
    """Raises NotFound."""
    found = session.scalars(select(Person.id).where(Person.email == address(email))).one_or_none()
    if found is None:
        raise NotFound("person", email)
    return found


@payroll.command("decide")
@click.argument("number", type=int)
@click.argument("verdict", type=click.Choice(["go", "no-go"]))
@click.option("--reason", default="", help="Needed for a no-go.")
@click.option("--evidence", default="", help="What the gate asks for, such as a funding reference.")
@click.option("--attach", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file of evidence.")
@click.option("--for", "away", help="The e-mail address of somebody who is away and handed this decision over.")
@ground.person_options
@ground.body_option
def decide_gate(
    number: int,
    verdict: str,
    reason: str,
    evidence: str,
    attach: Path | None,
    away: str | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Say go or no-go at the gate that is open. The last go releases the payroll."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        payroll_id = payroll_of_number(session, number).id
    try:
        with given.transaction(by.body_id) as session:
            given.must_know_the_time(session)
            found = get_payroll(session, payroll_id, lock=True)
            manifest = manifest_of(session, found)
            waiting = next((state for state in gate_states(session, found) if state.is_waiting), None)
            if manifest is None or waiting is None:
                raise click.ClickException("no gate of this payroll is open")
            click.echo(f"{waiting.gate.name}: {waiting.gate.question}")
            click.echo(f"{line(found)}\nmanifest {manifest.digest}")
            attached = None
            if attach is not None:
                attached = attach_file(session, given, found, waiting.gate.id, attach, by=by)
            decide(
                session,
                given.signer,
                found,
                gate_id=waiting.gate.id,
                verdict=Verdict.GO if verdict == "go" else Verdict.NO_GO,
                reason=reason,
                evidence=evidence,
                manifest_digest=manifest.digest,
                shown={"command_line": line(found), "manifest": manifest.digest},
                attached=attached,
                for_person_id=person_of(session, away) if away else None,
                by=by,
                at=given.now(),
            )
            released = release_if_passed(
                session, given.seals, given.signer, given.calendar, found, by=by, at=given.now()
            )
    except (ReleaseRefused, TooLate, DaysGone, Frozen, FundsLacking) as refused:
        with given.transaction(by.body_id) as session:
            record_refusal(session, payroll_id, refused, by=by, at=given.now())
        raise
    click.echo("Released." if released else f"Recorded: {verdict}.")


@payroll.command("download")
@click.argument("number", type=int)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default="here")
@ground.person_options
@ground.body_option
def download(number: int, folder: Path, email: str, code: str | None, body_name: str | None) -> None:
    """Download the released files. Each download is recorded."""
    given, by = ready(email, code, body_name)
    folder.mkdir(parents=True, exist_ok=True)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        for file in files_of(session, found.id):
            channel.download(session, given.seals, found, file.id, by=by, at=given.now())
            with (folder / file.name).open("wb") as target:
                target.writelines(blocks_of(session, given.seals, file))
            click.echo(f"{folder / file.name}  sha256 {file.sha256}")


@payroll.command("submitted")
@click.argument("number", type=int)
@click.option("--reference", required=True, help="The submitter's reference.")
@click.option("--file", "file_names", multiple=True, help="Of several files one that went; else all that are left.")
@click.option("--at", "at_time", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="When, London time; else now.")
@ground.person_options
@ground.body_option
def submitted(
    number: int,
    reference: str,
    file_names: tuple[str, ...],
    at_time: datetime | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Record that files were submitted to Bacs; when the last one was, payees are told."""
    given, by = ready(email, code, body_name)
    when = at_time.replace(tzinfo=LONDON) if at_time else given.now()
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        known = {file.name: file.id for file in files_of(session, found.id)}
        for name in file_names:
            if name not in known:
                raise click.BadParameter(f"no file of this payroll is called {name}", param_hint="--file")
        chosen = [known[name] for name in file_names] or None
        submission.record_submission(
            session, found, file_ids=chosen, reference=reference, submitted_at=when, by=by, at=given.now()
        )
        left = submission.files_to_submit(session, found.id)
    names_left = ", ".join(file.name for file in left)
    click.echo(f"Recorded. Still to be sent: {names_left}" if left else "Recorded. Notices go out now.")


@payroll.command("review")
@click.argument("number", type=int)
@click.option("--found", required=True, help="What you compared, and what you found.")
@ground.person_options
@ground.body_option
def review_payroll(number: int, found: str, email: str, code: str | None, body_name: str | None) -> None:
    """Record that you looked at a payroll that two people released as cover, without a part in it."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        looked_at = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        people = took_part(session, looked_at)
        cover.review(session, looked_at, found=found, took_part=people, by=by, at=given.now())
    click.echo("Recorded.")


@payroll.command("cancel")
@click.argument("number", type=int)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def cancel_payroll(number: int, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Give a payroll up before release; its payments can then be made by another."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        cancel(session, found, by=by, reason=reason, at=given.now())
    click.echo("Cancelled.")
