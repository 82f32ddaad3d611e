"""The command line: `payouts --help`."""

from __future__ import annotations

import logging
import sys

import click
from sqlalchemy.exc import OperationalError

from bacs.errors import BacsError
from payouts.app import NotifyNotSetUp
from payouts.commands import (
    api,
    api_key,
    audit,
    award,
    bank_connection,
    bank_profile,
    body,
    change,
    check_settings,
    claim,
    confirmation,
    control_total,
    correction,
    demo,
    difference,
    duplicates,
    evidence,
    export,
    files,
    finding,
    funds,
    keys,
    ledger,
    looking_back,
    notices,
    office,
    one_off,
    parallel_run,
    payee_record,
    payroll_change,
    permissions,
    person,
    query,
    recall,
    recovery,
    register,
    response,
    retention,
    returns,
    scheme,
    serving,
    simulate,
    statement,
    subject_access,
    suspense,
    task,
    trace,
    webhook,
)
from payouts.config import SettingsWrong
from payouts.files.sealing import FindingsOpen
from schemes.errors import KeyDestroyed, Refused


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Say more of what happens.")
def payouts(*, verbose: bool) -> None:
    """Pays people on behalf of public bodies.

    Settings are read from the environment (docs/operating.md). Without DATABASE_URL, commands work on the local
    installation that `payouts demo` makes.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(name)s %(message)s")


for command in (
    serving.serve,
    serving.worker,
    serving.clock,
    serving.sandbox,
    serving.migrate,
    demo.demo,
    bank_profile.bank_profile,
    bank_connection.bank_connection,
    funds.funds,
    body.body,
    office.office,
    change.change,
    person.person,
    permissions.permissions,
    scheme.scheme,
    register.register,
    retention.retention,
    subject_access.subject_access,
    award.award,
    recovery.recovery,
    one_off.one_off,
    confirmation.confirmation,
    correction.correction,
    response.response,
    returns.return_group,
    claim.claim_group,
    recall.recall,
    suspense.suspense,
    trace.trace,
    duplicates.duplicates,
    payee_record.payee,
    payroll_change.payroll,
    files.file,
    simulate.simulate,
    simulate.bank_day,
    parallel_run.parallel_run,
    evidence.evidence,
    api.api,
    api_key.api_key,
    webhook.webhook,
    ledger.ledger,
    notices.notices,
    export.export_group,
    statement.statement_group,
    audit.audit,
    keys.keys,
    task.task,
):
    payouts.add_command(command)


for command in (
    difference.difference,
    finding.list_findings,
    finding.accept_findings,
    finding.open_one,
    query.query,
    control_total.control_total,
    looking_back.look_back,
):
    payroll_change.payroll.add_command(command)
scheme.scheme.add_command(check_settings.checks)
files.file.add_command(bank_connection.way)
files.file.add_command(bank_connection.decide)


def main() -> None:
    """Run a command; whatever it refuses is one line and a non-zero exit."""
    try:
        payouts(standalone_mode=True)
    except FindingsOpen as refused:
        fail(f"{refused}: see `payouts payroll findings`")
    except (Refused, KeyDestroyed, BacsError, SettingsWrong, NotifyNotSetUp) as refused:
        fail(str(refused))
    except OperationalError as error:
        fail(f"the database does not answer: {error.orig}")


def fail(what: str) -> None:
    click.echo(f"payouts: {what}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
