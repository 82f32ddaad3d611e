"""The command line: `payouts --help`.

A command's module is read when the command is asked for: `payouts worker` carries no command but its own.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click
from sqlalchemy.exc import OperationalError

from bacs.errors import BacsError
from payouts.app import NotifyNotSetUp
from payouts.config import SettingsWrong
from schemes.errors import KeyDestroyed, Refused

COMMANDS: dict[str, tuple[str, ...]] = {
    "serve": ("serving.serve",),
    "worker": ("serving.worker",),
    "clock": ("serving.clock",),
    "sandbox": ("serving.sandbox",),
    "migrate": ("serving.migrate",),
    "health": ("health.health",),
    "demo": ("demo.demo",),
    "bank-profile": ("bank_profile.bank_profile",),
    "bank-connection": ("bank_connection.bank_connection",),
    "funds": ("funds.funds",),
    "body": (
        "body.body",
        "going_live.go_live",
        "promotion.promote",
    ),
    "office": ("office.office",),
    "change": ("change.change",),
    "person": ("person.person",),
    "permissions": ("permissions.permissions",),
    "scheme": (
        "scheme.scheme",
        "check_settings.checks",
    ),
    "register": ("register.register",),
    "retention": ("retention.retention",),
    "subject-access": ("subject_access.subject_access",),
    "award": ("award.award",),
    "recovery": ("recovery.recovery",),
    "one-off": ("one_off.one_off",),
    "confirmation": ("confirmation.confirmation",),
    "correction": ("correction.correction",),
    "response": ("response.response",),
    "return": ("returns.return_group",),
    "claim": ("claim.claim_group",),
    "recall": ("recall.recall",),
    "suspense": ("suspense.suspense",),
    "trace": ("trace.trace",),
    "duplicates": ("duplicates.duplicates",),
    "payee": ("payee_record.payee",),
    "payroll": (
        "payroll_change.payroll",
        "difference.difference",
        "finding.list_findings",
        "finding.accept_findings",
        "finding.open_one",
        "query.query",
        "control_total.control_total",
        "looking_back.look_back",
    ),
    "file": (
        "files.file",
        "bank_connection.way",
        "bank_connection.decide",
    ),
    "simulate": ("simulate.simulate",),
    "bank-day": ("simulate.bank_day",),
    "parallel-run": ("parallel_run.parallel_run",),
    "evidence": ("evidence.evidence",),
    "api": ("api.api",),
    "api-key": ("api_key.api_key",),
    "webhook": ("webhook.webhook",),
    "ledger": ("ledger.ledger",),
    "notices": ("notices.notices",),
    "export": ("export.export_group",),
    "statement": ("statement.statement_group",),
    "audit": ("audit.audit",),
    "restored": ("restored.restored",),
    "keys": ("keys.keys",),
    "task": ("task.task",),
}
"""By name: the module of `payouts.commands` and what stands there; then what other modules put below it."""


def read(where: str) -> click.Command:
    module, name = where.split(".")
    command: click.Command = getattr(import_module(f"payouts.commands.{module}"), name)
    return command


class Commands(click.Group):
    """The commands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        where, *below = COMMANDS[cmd_name]
        command = read(where)
        if isinstance(command, click.Group):
            for one in below:
                command.add_command(read(one))
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Say more of what happens.")
def payouts(*, verbose: bool) -> None:
    """Pays people on behalf of public bodies.

    Settings are read from the environment (docs/operating.md). Without DATABASE_URL, commands work on the local
    installation that `payouts demo` makes.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(name)s %(message)s")


def main() -> None:
    """Run a command; whatever it refuses is one line and a non-zero exit."""
    try:
        payouts(standalone_mode=True)
    except (Refused, KeyDestroyed, BacsError, SettingsWrong, NotifyNotSetUp) as refused:
        fail(f"{refused}{hint(refused)}")
    except OperationalError as error:
        fail(f"the database does not answer: {error.orig}")


def hint(refused: Exception) -> str:
    """Where to go on, for whoever refused at a command that was read."""
    from payouts.files.sealing import FindingsOpen

    return ": see `payouts payroll findings`" if isinstance(refused, FindingsOpen) else ""


def fail(what: str) -> None:
    click.echo(f"payouts: {what}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
