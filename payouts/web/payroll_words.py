"""Words for payrolls and payments: where they are, who is not paid and why, which pay dates are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from payouts.channels.made import MadeWhen
from payouts.channels.release import DaysGone
from payouts.gates.query import NotAsked, QuestionEmpty
from payouts.off_cycle import NobodyLeftOut, NotLeftOut
from payouts.payment import PaymentStatus, UnpaidReason
from payouts.payroll import PayDateReason, PayDateRefused, PayrollKind, PayrollStatus
from payouts.taking_out import NotInPayroll
from payouts.top_up import NothingToTopUp
from payouts.urgent import NoFasterPaymentsFile, PayMethod
from payouts.web.figures import count, weekday
from schemes.errors import Refused

# words, colour of the tag
STATUSES: dict[PayrollStatus, tuple[str, str]] = {
    PayrollStatus.BUILDING: ("Being built", "blue"),
    PayrollStatus.CHECKED: ("Checked", "yellow"),
    PayrollStatus.SEALING: ("Files being built", "blue"),
    PayrollStatus.SEALED: ("At the gates", "yellow"),
    PayrollStatus.RELEASED: ("Released, not yet sent", "yellow"),
    PayrollStatus.SUBMITTED: ("Submitted", "green"),
    PayrollStatus.ACCEPTED: ("Accepted by the bank", "green"),
    PayrollStatus.CLOSED: ("Closed", "green"),
    PayrollStatus.REJECTED: ("Not taken by the bank", "red"),
    PayrollStatus.CANCELLED: ("Cancelled", "grey"),
}

# of what goes to the bank in no file of ours: made in its portal, or drawn as a cheque
OUTSIDE: dict[PayrollStatus, tuple[str, str]] = STATUSES | {
    PayrollStatus.RELEASED: ("Released, not yet made", "yellow"),
    PayrollStatus.SUBMITTED: ("Made", "green"),
}

# as a caption, whom it pays
KINDS: dict[PayrollKind, tuple[str, str]] = {
    PayrollKind.REGULAR: (
        "Regular payroll",
        "Everyone with an award for the period of the pay date, and the one-off payments that wait",
    ),
    PayrollKind.OFF_CYCLE: (
        "Off-cycle payroll",
        "People whom another payroll left out, for the same period, once the reason has gone",
    ),
    PayrollKind.TOP_UP: (
        "Top-up payroll",
        "More for people whom a released payroll has paid: further payments for the same period, each with its reason",
    ),
    PayrollKind.ONE_OFF: (
        "Payroll of one-off payments",
        "One-off payments that wait, and nobody’s award",
    ),
    PayrollKind.REISSUE: (
        "Payments that came back",
        "Pays again what came back, once the bank details are put right. The next page shows which are ready",
    ),
    PayrollKind.URGENT: (
        "Urgent payment",
        "One payment to one person today, without the three days that Bacs takes",
    ),
}

# what to do
METHODS: dict[PayMethod, tuple[str, str]] = {
    PayMethod.BANK_PORTAL: (
        "In the bank’s portal",
        "Nobody builds a file. Once every gate said go, somebody makes it by hand, and a releaser records that",
    ),
    PayMethod.CHEQUE: (
        "By cheque",
        "To the payee’s name, with or without a bank account. Somebody draws it once every gate said go",
    ),
    PayMethod.FASTER_PAYMENTS_FILE: (
        "By a file for Faster Payments",
        "Only if your bank takes such files. Whoever submits it sends it today",
    ),
}

PAYMENTS: dict[PaymentStatus, tuple[str, str]] = {
    PaymentStatus.PREPARED: ("Prepared", "yellow"),
    PaymentStatus.RELEASED: ("Released", "blue"),
    PaymentStatus.SUBMITTED: ("Submitted to the bank", "green"),
    PaymentStatus.CANCELLED: ("Cancelled", "grey"),
    PaymentStatus.TAKEN_OUT: ("Taken out", "grey"),
    PaymentStatus.PAID: ("Paid", "green"),
    PaymentStatus.REJECTED: ("Not taken by Bacs", "red"),
    PaymentStatus.RECALLED: ("Recalled", "red"),
    PaymentStatus.RETURNED: ("Returned", "red"),
}

# why, what to do
UNPAID: dict[UnpaidReason, tuple[str, str]] = {
    UnpaidReason.NOT_STARTED: ("The award starts after this period", "Nothing to do: it is paid once it has started"),
    UnpaidReason.ENDED: ("The award ended before this period", "Nothing to do, unless the award should go on"),
    UnpaidReason.SUSPENDED: (
        "The award is suspended",
        "See why on the award’s page. A second person can lift the suspension",
    ),
    UnpaidReason.NOTHING_DUE: (
        "The award comes to nothing for this period",
        "Nothing to do, unless the units or the rate of the award are wrong",
    ),
    UnpaidReason.NO_RULE: (
        "The award does not fit the scheme’s rule for this period",
        "Change the award so that it says what the scheme asks for, then build the payroll again",
    ),
    UnpaidReason.NO_CONFIRMED_BANK_DETAILS: (
        "No second person has confirmed the bank details",
        "Confirm the file that the details came in, or the change on the payee’s page, then build the payroll again",
    ),
    UnpaidReason.BANK_DETAILS_STOPPED: (
        "The account was closed, is compromised, or a payment to it came back",
        "Ask the payee for another account and propose it on their page",
    ),
    UnpaidReason.PAID_ALREADY: (
        "Another payroll pays this period already, or did and the payment came back",
        "Nothing to do: the same period is never paid twice. What came back is paid again once it is put right",
    ),
    UnpaidReason.RECOVERED: (
        "All of it is recovered for what was paid too much",
        "Nothing to do: the award’s page shows what is left to recover",
    ),
    UnpaidReason.ON_HOLD: (
        "Payments to the payee, or for the beneficiary, are on hold",
        "See why on the payee’s page. A second person can let payments go on",
    ),
    UnpaidReason.DECEASED: (
        "The beneficiary or the payee has died",
        "End the award, or find out who is to be paid from now on",
    ),
    UnpaidReason.RESTRICTED: (
        "Their record is restricted",
        "Nothing to do. If that is over, a second person ends it on the payee’s page",
    ),
    UnpaidReason.CLOSED: (
        "The payee or the beneficiary is closed",
        "End the award, or pay it to somebody else",
    ),
    UnpaidReason.MANDATE_NOT_IN_FORCE: (
        "The payee has no mandate for this beneficiary on the pay date",
        "Find out who is to receive the money. Add a mandate on the payee’s page, or pay it to somebody else",
    ),
    UnpaidReason.NO_ACCOUNT: (
        "The payee has no bank account",
        "Pay them another way, for example by cheque or cash, or help them to open an account",
    ),
    UnpaidReason.ADDRESS_ONLY: (
        "The payee is paid by post only",
        "Send a cheque to their address, or call. Their page has the address",
    ),
    UnpaidReason.TAKEN_OUT: (
        "They were taken out of this payroll once its files were built",
        "The payroll’s page says why. Stop payments to them if nothing is to be paid later either",
    ),
}

PAY_DATES: dict[PayDateReason, str] = {
    PayDateReason.NOT_A_WORKING_DAY: "is not a working day of the banks",
    PayDateReason.TOO_EARLY: "is too early: a file takes 3 working days from sending to the payee’s account",
    PayDateReason.TOO_FAR_AHEAD: "is too far ahead",
    PayDateReason.BEYOND_CALENDAR: "is beyond the bank holidays that are known so far",
}


def pay_date_sentence(refused: PayDateRefused) -> str:
    """Why a pay date can't be, and which could."""
    why = f"{weekday(refused.pay_date)} {PAY_DATES[refused.reason]}"
    if refused.reason in (PayDateReason.NOT_A_WORKING_DAY, PayDateReason.TOO_EARLY):
        return f"{why}. The earliest possible pay date is {weekday(refused.earliest)}"
    return f"{why}. The latest possible pay date is {weekday(refused.latest)}"


def not_in_payroll(refused: NotInPayroll) -> str:
    if not refused.count:
        return "Choose the payments to take out"
    return (
        f"{count(refused.count, 'payment is', 'payments are')} not in this payroll any more. Choose the payments again"
    )


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotInPayroll: not_in_payroll,
    NobodyLeftOut: lambda _: "That payroll left nobody out who could be paid now",
    NotLeftOut: lambda refused: (
        f"The payroll left nobody out under {', '.join(refused.references[:5])}"
        f"{' and others' if len(refused.references) > 5 else ''}. Check these references"
    ),
    NothingToTopUp: lambda _: (
        "No further payment for that period is confirmed and due by this day. Enter one, and have someone else confirm "
        "it"
    ),
    NoFasterPaymentsFile: lambda _: (
        "Your bank takes no such file in the form that its profile names. Choose another way"
    ),
    MadeWhen: lambda _: "Enter a time between the last decision at the gates and now",
    DaysGone: lambda refused: (
        f"The banks do not work on all the days that lead to {weekday(refused.pay_date)} any more. "
        "Nothing was released. The preparer has to move the pay date"
    ),
    NotAsked: lambda _: "Somebody else was asked, so they answer",
    QuestionEmpty: lambda _: "Enter what you want to say",
}


def register(app: Flask) -> None:
    app.add_template_filter(STATUSES.__getitem__, "payroll_status")
    app.add_template_filter(OUTSIDE.__getitem__, "status_made_outside")
    app.add_template_filter(KINDS.__getitem__, "payroll_kind")
    app.add_template_filter(METHODS.__getitem__, "pay_method")
    app.add_template_filter(PAYMENTS.__getitem__, "payment_status")
    app.add_template_filter(UNPAID.__getitem__, "unpaid_reason")
