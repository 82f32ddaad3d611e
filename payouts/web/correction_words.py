"""Words for corrections from the bank: what became of each line, and why a file was refused."""

from __future__ import annotations

from flask import Flask

from payouts.responses.correction import LineOutcome
from payouts.responses.correction_file import MOST_LINES, ReportFault

# what became of a line, colour of the tag, what to do
OUTCOMES: dict[LineOutcome, tuple[str, str, str]] = {
    LineOutcome.PROPOSED: (
        "Proposed",
        "blue",
        "Someone else calls the payee or their bank, and decides",
    ),
    LineOutcome.CHANGE_WAITING: (
        "Another change waits",
        "yellow",
        "Confirm or reject the change that waits, and compare it with the report",
    ),
    LineOutcome.IN_USE_ALREADY: ("Known already", "grey", "Nothing to do: these bank details are in use"),
    LineOutcome.REPLACED_SINCE: ("Changed since", "grey", "Nothing to do: the payee is paid into another account now"),
    LineOutcome.REPEATED: ("Told before", "grey", "Nothing to do: an earlier report said the same"),
    LineOutcome.NOT_FOUND: (
        "No payee found",
        "red",
        "Find the payee by the report, and ask the bank whom it means",
    ),
    LineOutcome.SEVERAL_PAYEES: (
        "Several payees",
        "orange",
        "Several payees have this account. Find out who it is, and propose the bank details on their page",
    ),
    LineOutcome.REFUSED: (
        "Could not be proposed",
        "orange",
        "Compare it with the payee’s bank details, and propose the change on their page",
    ),
    LineOutcome.NOT_PAYABLE: ("Can’t be paid to", "red", "Ask the payee or their bank for the right numbers"),
}

# the codes of the scheme; a code that is not listed is shown as it is
REASONS = {"0": "The bank corrected the details", "3": "The account was moved to another bank"}

REPORT_FAULTS: dict[ReportFault, str] = {
    ReportFault.UNREADABLE: "The file can’t be read. Download it again from your bank or from Bacs, as XML",
    ReportFault.ANOTHER_REPORT: "This is not a report of corrected accounts (AWACS). Choose the AWACS report, as XML",
    ReportFault.ANOTHER_SERVICE_USER: "The report is not for your body’s service user number. Nothing was read",
    ReportFault.TEST: "The report is marked as a test. Choose a real one",
    ReportFault.TOO_MANY_LINES: f"The report has more than {MOST_LINES:,} lines. Tell the people who run the service",
}


def correction_reason(code: str) -> str:
    return REASONS.get(code, f"Reason {code}" if code else "Not said")


def register(app: Flask) -> None:
    app.add_template_filter(OUTCOMES.__getitem__, "line_outcome")
    app.add_template_filter(correction_reason, "correction_reason")
