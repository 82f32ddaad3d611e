"""Words for the ledger: where money is, what the daily control found and what to do, and why books cannot be closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Flask

from payouts.ledger.balance import Whereabouts
from payouts.ledger.control_run import Difference, DifferenceKind
from payouts.ledger.entry import Event, LedgerAccount
from payouts.ledger.held import DecidedAsReturn, NotHeld
from payouts.ledger.period import ClosingFault, ClosingRefused
from payouts.web.figures import count, day, pounds
from schemes.errors import Refused

ACCOUNTS: dict[LedgerAccount, str] = {
    LedgerAccount.SCHEME_EXPENDITURE: "Scheme expenditure",
    LedgerAccount.APPROVED_TO_PAY: "Released, not submitted yet",
    LedgerAccount.WITH_BACS: "With Bacs",
    LedgerAccount.BANK: "Paid",
    LedgerAccount.RETURNED_AND_HELD: "Returned and held",
    LedgerAccount.REISSUED: "Reissued",
    LedgerAccount.RECOVERED: "Recovered",
    LedgerAccount.WRITTEN_OFF: "Written off",
}

EVENTS: dict[Event, str] = {
    Event.RELEASED: "Released",
    Event.SUBMITTED: "Submitted",
    Event.PAID: "Paid",
    Event.WITHDRAWN: "Withdrawn before it was submitted",
    Event.REJECTED: "Rejected by Bacs",
    Event.RECALLED: "Recalled",
    Event.RETURNED: "Returned by the payee’s bank",
    Event.REISSUED: "Reissued",
    Event.RECOVERED: "Owed to nobody any more",
    Event.PAID_BACK: "Paid back",
    Event.WRITTEN_OFF: "Written off",
}

CLOSING_FAULTS: dict[ClosingFault, str] = {
    ClosingFault.NOT_OVER: "Enter a day that has passed",
    ClosingFault.CLOSED_ALREADY: "The books are closed up to this day already. Enter a later one",
    ClosingFault.NO_CONTROL: "No daily control ran after this day yet. Run one first",
    ClosingFault.CONTROL_DIFFERS: "The last daily control found differences. Settle them, and run it again",
}


class DifferenceWords(NamedTuple):
    """What differs, and what to do. in_pence: its two figures are amounts."""

    what: str
    here: str
    there: str
    to_do: str
    in_pence: bool = True


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    ClosingRefused: lambda refusal: CLOSING_FAULTS[refusal.fault],
    DecidedAsReturn: lambda refusal: (
        "This payment came back. What becomes of its money is decided where it is worked on, among the payments that "
        "came back"
    ),
    NotHeld: lambda refusal: "This payment’s money is not held any more. Look at the list of what is held again",
}

DIFFERENCES: dict[DifferenceKind, DifferenceWords] = {
    DifferenceKind.PAYROLL_TOTAL: DifferenceWords(
        "The payroll’s total is not what the ledger released",
        "In the ledger",
        "On the payroll",
        "Pay nothing further of this payroll. Tell the people who run the service: entries are missing or too many.",
    ),
    DifferenceKind.FILE_TOTAL: DifferenceWords(
        "The payment files do not add up to what the ledger released",
        "In the ledger",
        "In the files",
        "Compare each file’s total on the payroll’s page with what was submitted, and tell the people who run the "
        "service.",
    ),
    DifferenceKind.NOT_SUBMITTED: DifferenceWords(
        "The payroll was submitted, but the ledger says that some of it was not",
        "Not submitted in the ledger",
        "Expected",
        "Tell the people who run the service: the submission was not posted for every payment.",
    ),
    DifferenceKind.KEPT_SUMS: DifferenceWords(
        "The sums that pages show are not those of the entries",
        "Sums that differ",
        "Expected",
        "Go by the entries, and tell the people who run the service: somebody changed the database by hand.",
        in_pence=False,
    ),
    DifferenceKind.BROKEN_PAYMENTS: DifferenceWords(
        "Payments whose money does not lead from one place to the next",
        "Payments",
        "Expected",
        "Reissue and write off none of this payroll until the people who run the service have looked at it.",
        in_pence=False,
    ),
    DifferenceKind.CONTRA: DifferenceWords(
        "The bank did not take for this payroll what was sent",
        "Sent, less what Bacs did not process",
        "Taken by the bank",
        "Look for the debit among the entries that are not matched, and ask the bank if it is not there.",
    ),
    DifferenceKind.RETURN_NOT_REPORTED: DifferenceWords(
        "The bank sent money back that no report told of",
        "Returned in the ledger",
        "Came back on the statement",
        "Fetch the ARUCS reports of these days and send them: the payments still count as paid.",
    ),
    DifferenceKind.RETURN_NOT_BOOKED: DifferenceWords(
        "Payments were returned, but the money is not on any statement",
        "Returned in the ledger",
        "Came back on the statement",
        "Look among the entries that are not matched. If it is not there, ask the bank where the money is.",
    ),
    DifferenceKind.STATEMENT_GAP: DifferenceWords(
        "A statement does not open with what the one before closed with",
        "Closed with",
        "Opened with",
        "Fetch the statement between the two from the bank and send it.",
    ),
    DifferenceKind.BANK_POSTINGS: DifferenceWords(
        "The books of the bank accounts are not what the statements’ entries are",
        "In the books",
        "On the statements",
        "Tell the people who run the service: entries were not posted as what they are, or somebody changed the "
        "database by hand.",
    ),
    DifferenceKind.SUSPENSE: DifferenceWords(
        "Entries of the statements that are older than 5 days are not matched",
        "Money that came in",
        "Money that went out",
        "Say what each of them is, in the list of entries that are not matched.",
    ),
}


def difference_figures(difference: Difference) -> list[tuple[str, str]]:
    """The two figures of a difference under their labels."""
    words = DIFFERENCES[difference.kind]
    write = pounds if words.in_pence else "{:,}".format
    return [(words.here, write(difference.here)), (words.there, write(difference.there))]


def places(where: Whereabouts) -> list[tuple[str, str]]:
    """Where money is, each place with its amount: what has none only where every body looks for it."""
    rows = [
        ("On its way", where.on_its_way_pence),
        ("Paid", where.paid_pence),
        ("Returned and held", where.returned_and_held_pence),
        ("Reissued", where.reissued_pence),
        ("Recovered", where.recovered_pence),
        ("Written off", where.written_off_pence),
    ]
    return [(words, pounds(pence)) for words, pence in rows]


def close_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A closing as a proposal's rows: the day, and where money was on it."""
    if not facts["last_day"]:
        return {"Closed up to": "No day yet"}
    held = {account: facts.get("held", {}).get(account.value) for account in LedgerAccount}
    unknown = facts.get("suspense") or {}
    entries = unknown.get("entries_in", 0) + unknown.get("entries_out", 0)
    return {
        "Closed up to": day(date.fromisoformat(facts["last_day"])),
        **{
            words: pounds(-held[account] if account is LedgerAccount.SCHEME_EXPENDITURE else held[account])
            for account, words in ACCOUNTS.items()
            if held[account]
        },
        **(
            {
                "In suspense": f"{count(entries, 'entry', 'entries')}: {pounds(unknown['pence_in'])} in, "
                f"{pounds(unknown['pence_out'])} out"
            }
            if entries
            else {}
        ),
    }


ENDS = {
    LedgerAccount.RETURNED_AND_HELD.value: "Held, to be paid by another payment",
    Event.RECOVERED.value: "Owed to nobody any more: the scheme has it back",
    Event.WRITTEN_OFF.value: "Written off: nobody is found to pay it to",
}


def held_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """Held money as a proposal's rows."""
    return {
        "Payment": f"{facts['payment']} of payroll {facts['payroll']}",
        "Amount": pounds(facts["pence"]),
        "The money": ENDS[facts["end"]],
    }


def difference_count(number: int) -> str:
    return count(number, "difference") if number else "Everything agrees"


def register(app: Flask) -> None:
    app.add_template_filter(places)
    app.add_template_filter(difference_figures)
    app.add_template_filter(difference_count)
    app.add_template_filter(EVENTS.__getitem__, "ledger_event")
    app.add_template_filter(DIFFERENCES.__getitem__, "difference_words")
