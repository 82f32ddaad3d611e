"""The table of permissions in the documentation is the app's own: a change of who may do what shows in its diff."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from payouts.cli import payouts
from payouts.commands import ground

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_documentation_has_the_table_that_the_app_goes_by(service, monkeypatch):
    monkeypatch.setattr(ground, "service", lambda: service)
    printed = CliRunner().invoke(payouts, ["permissions"], catch_exceptions=False).output
    written = re.search(r"^\| \|.*\n(\|.*\n)+", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert written, "the table is missing: `payouts permissions` prints it"
    assert written[0] == printed, "write the table anew: `payouts permissions` prints it"
    assert printed.count("\n") > 60
