"""`payouts correction`: corrections from the bank (AWACS reports)."""

from __future__ import annotations

from pathlib import Path

import click

from payouts.commands import ground
from payouts.responses import correction as corrections
from payouts.responses.correction import LineOutcome, lines_of
from payouts.web.correction_words import OUTCOMES
from schemes.database import new_id


@click.group()
def correction() -> None:
    """Corrections of bank details that Bacs reports (AWACS)."""


@correction.command("take")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@ground.person_options
@ground.body_option
def take(file: Path, email: str, code: str | None, body_name: str | None) -> None:
    """Read a report and propose what it corrects, for a second person. The same file twice changes nothing."""
    given = ground.service()
    if file.stat().st_size > given.settings.upload_limit:
        raise click.ClickException(f"{file.name} is larger than an upload may be")
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    report_id = new_id()
    with given.transaction(body_id) as session:
        report = corrections.take(
            session,
            given,
            report_id=report_id,
            file_name=file.name,
            content=file.read_bytes(),
            by=by,
            at=given.now(),
        )
        rows = lines_of(session, report.id, limit=report.line_count)
    if report.id != report_id:
        click.echo("This report was read before: nothing has changed.")
    for row in rows:
        who = row.payee.reference if row.payee else "-"
        said = OUTCOMES[row.line.outcome]
        click.echo(f"line {row.line.position}\t{who}\t{said[0]}\t{said[2]}")
    proposed = sum(row.line.outcome is LineOutcome.PROPOSED for row in rows)
    click.echo(f"{len(rows):,} lines, {proposed:,} proposed.")
    if not report.is_read:
        click.echo(f"The other {report.line_count - report.lines_done:,} lines are read by the workers: see the page.")
