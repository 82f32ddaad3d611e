"""Words for what the checks found: what it means, what to do, and the facts of each finding in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import Flask

from payouts.checks.finding import Kind, Severity
from payouts.web.figures import count, day, instant, number, pounds


class Told(NamedTuple):
    """`title` names the finding, `to_do` says what to do; `each` is filled from a finding's facts."""

    title: str
    to_do: str
    each: str = ""


SEVERITIES: dict[Severity, tuple[str, str]] = {
    Severity.BLOCK: ("Must be put right", "red"),
    Severity.NEEDS_REASON: ("Needs a reason", "yellow"),
    Severity.NOTE: ("Worth knowing", "blue"),
}

KINDS: dict[Kind, Told] = {
    Kind.NOTHING_TO_PAY: Told(
        "Nobody is paid",
        "Look at who is not paid and why. Mostly the bank details still wait for a second person, or this period is "
        "paid already. Then build the payroll again, or cancel it",
    ),
    Kind.TOTALS_DIFFER: Told(
        "The payments don’t add up to the awards",
        "Build the payroll again. If it stays, tell the people who run the service: nothing is paid until it agrees",
        "Built: {count} payments, {total_pence}. The awards say {due_count} payments, {due_pence}",
    ),
    Kind.DIFFERENCE_UNEXPLAINED: Told(
        "A difference to the last payroll that nothing explains",
        "Look at the difference and its payees. Build the payroll again: if the register changed meanwhile, that "
        "settles it. If it stays, tell the people who run the service: nothing is paid until it is explained",
        "{awards} awards, {unexplained_pence} in all",
    ),
    Kind.TOO_MANY_ITEMS: Told(
        "More payments than the bank takes in one file",
        "Nothing to do: several files are built. Whoever submits them sends them all",
        "{count} payments, and the bank takes {limit} in one file",
    ),
    Kind.PAYROLL_OVER_LIMIT: Told(
        "The payroll is over the scheme’s limit",
        "Check the largest amounts. If they are right, ask an administrator to raise the scheme’s limit",
        "{total_pence} in all, and the limit is {limit_pence}",
    ),
    Kind.FILE_OVER_LIMIT: Told(
        "The total is over the bank’s limit",
        "Ask the bank for a higher limit, or pay a part of the scheme on another day",
        "{total_pence} in all, and the bank’s limit is {limit_pence}",
    ),
    Kind.PAYMENT_OVER_LIMIT: Told(
        "A payment is over the scheme’s limit",
        "Check the award’s amount. If it is wrong, correct it and build the payroll again",
        "The limit for one payment is {limit_pence}",
    ),
    Kind.ITEM_OVER_BANK_LIMIT: Told(
        "A payment is over the bank’s limit",
        "Check the award’s amount. If it is right, pay it another way than by Bacs",
        "The bank’s limit for one payment is {limit_pence}",
    ),
    Kind.COMBINED_OVER_BANK_LIMIT: Told(
        "Payments that go together are over the bank’s limit",
        "Open the payee, have each payment made by itself, and build the payroll again",
        "Together {item_pence}, and the bank’s limit for one payment is {limit_pence}",
    ),
    Kind.ARREARS: Told(
        "A payment makes up for earlier periods",
        "Look at the award: it was changed for periods that were paid already, or it could not be paid then. If the "
        "change is right, say so. If it is wrong, change the award and build the payroll again",
        "{arrears_pence} of it is for earlier periods ({periods})",
    ),
    Kind.UNUSUALLY_LARGE: Told(
        "An unusually large payment",
        "Compare it with the decision on the award: a decimal point may have slipped. If it is right, say why",
        "The middle payment of this payroll is {median_pence}",
    ),
    Kind.CUT_OFF_PASSED: Told(
        "It is too late for this pay date",
        "Move the payroll to a later pay date on its page",
        "The file had to be sent by {deadline}",
    ),
    Kind.MODULUS_FAILED: Told(
        "A sort code and account number don’t fit together",
        "A digit is wrong. Ask the payee for the details on their bank card or statement",
    ),
    Kind.MODULUS_NOT_CHECKABLE: Told(
        "Account numbers that can’t be checked",
        "This bank publishes no check for its numbers. Compare them with the payee’s form, then say that you did",
    ),
    Kind.FOREIGN_CURRENCY_ACCOUNT: Told(
        "A foreign currency account",
        "Bacs pays in pounds only. Ask the payee for an account in pounds, or say why this one takes them",
    ),
    Kind.BANK_DETAILS_UNCONFIRMED: Told(
        "Bank details that no second person confirmed",
        "Have someone else confirm the file that they came in, then build the payroll again",
    ),
    Kind.ONE_ACCOUNT_SEVERAL_PAYEES: Told(
        "One account for several payees",
        "It may be a couple’s joint account, one person enrolled twice, or fraud. Find out which, then say so",
        "{payees} payees are paid into this account",
    ),
    Kind.ONE_PAYEE_SEVERAL_PAYMENTS: Told(
        "A payee with several payments",
        "Mostly a care provider with several clients. Nothing to do if that is so",
        "{payments} payments to this payee",
    ),
    Kind.NAME_EMPTY: Told(
        "A name that the file can’t carry",
        "Banks take A to Z and a few signs, and nothing of this name is among them. Propose the bank details again "
        "with the name as the bank writes it",
        "The account is in the name of “{name}”",
    ),
    Kind.ONE_OFF_PAYMENT: Told(
        "A payment that no award makes due",
        "Read why it is paid on the page of the payment, and compare it with the letter or form that it goes by. If it "
        "is right, say so. If it is not, withdraw it and build the payroll again",
    ),
    Kind.NAME_CUT: Told(
        "A name longer than the file can carry",
        "The bank sees its beginning. Nothing to do if the person can still be told by that",
        "The bank sees “{carried}”",
    ),
    Kind.NAME_REWRITTEN: Told(
        "A name written differently in the file",
        "The file takes only A to Z and a few signs. Nothing to do",
        "The bank sees “{carried}”",
    ),
    Kind.FIRST_PAYMENT: Told(
        "First payments to new bank details",
        "Here mistakes and fraud begin. Compare a few of them with the payees’ forms",
    ),
    Kind.POSSIBLY_ONE_PERSON: Told(
        "Two payees who are probably one person",
        "Both are paid here. Look at them side by side under Payees: merge them, or say that they are two people, and "
        "build the payroll again. If it is right to pay both, say why",
        "The other one is {others}",
    ),
    Kind.NO_SUCH_ACCOUNT: Told(
        "The bank knows no such account",
        "The account number or the roll number is wrong. Ask the payee for it, and propose bank details that are right",
        "The bank said so on {asked_at}",
    ),
    Kind.NAME_NO_MATCH: Told(
        "The name is not that of the account",
        "Ask the payee on a contact that you have held for long. If somebody else receives the money for them, find "
        "the mandate. If it is right to pay, say why",
        "The bank said so on {asked_at}",
    ),
    Kind.NAME_CLOSE_MATCH: Told(
        "The name or the kind of account is close to the bank’s, not the same",
        "Compare it with what the bank holds, on the payee’s page. If it is the same person or organisation, say so",
        "The bank said so on {asked_at}",
    ),
    Kind.ACCOUNT_SWITCHED: Told(
        "An account that was switched to another bank",
        "Ask the payee for the new bank details. If this payment goes to the old ones, say why",
        "The bank said so on {asked_at}",
    ),
    Kind.NAME_CANNOT_BE_CHECKED: Told(
        "A name that the bank can’t check",
        "Compare the bank details with a statement or a letter of the bank, if you haven’t yet",
        "The bank was asked on {asked_at}",
    ),
    Kind.NAMES_NOT_CHECKED: Told(
        "Accounts whose name was not checked with the bank",
        "Check the names from the page of the file or of the payee. Nothing keeps you from paying without it",
        "{accounts} of {all} accounts have no answer of the last {days} days",
    ),
}

KINDS |= {
    Kind.AMOUNT_CHANGED: Told(
        "An amount far from the award’s last ones",
        "Look at the award’s history. If somebody decided on the change, say who. If not, correct the award and build "
        "the payroll again",
        "It was {usual_pence} lately ({payments} compared)",
    ),
    Kind.AWARD_CHANGED: Told(
        "First payments of awards that were changed",
        "Compare them with the decisions. Nothing to do if they are right",
    ),
    Kind.BANK_DETAILS_CHANGED: Told(
        "Bank details that changed since the award was last paid",
        "Where changed bank details are fraud, it begins here. Make sure that the payee was called back",
    ),
    Kind.PAID_ELSEWHERE: Told(
        "The same amount into the same account by another payroll",
        "Open the other payroll and compare the two. If it is the same money twice, put the payee on hold and build "
        "the payroll again. If both are right, say why",
        "Payroll {other_payroll} pays it on {paid_on}",
    ),
    Kind.PERIOD_PAID_ELSEWHERE: Told(
        "Another scheme pays the same person for the same time",
        "Nothing to do if the two schemes may be paid together. If not, end one of the awards",
        "Scheme {scheme} pays them too",
    ),
    Kind.TOTAL_VARIANCE: Told(
        "The total is far from the last payroll’s",
        "Look at the difference to the last payroll, the largest cause first. If it is as it should be, say why",
        "{total_pence}, and payroll {last} was {last_pence}: more than {percent}% apart",
    ),
    Kind.COUNT_VARIANCE: Told(
        "The number of payments is far from the last payroll’s",
        "Look at who started, who left and who is left out. If it is as it should be, say why",
        "{count} payments, and payroll {last} had {last_count}: more than {percent}% apart",
    ),
    Kind.HOLIDAYS_RUN_OUT: Told(
        "The bank holidays are known for a short time only",
        "Ask the people who run the service to bring the bank holidays up to date before the next payrolls",
        "They are known until {known_until}",
    ),
    Kind.FUNDS_NOT_RECORDED: Told(
        "Nobody recorded that the money is there",
        "Have a finance officer record what the account has on this day, under Money available",
        "The payrolls of the account {account} take {needed_pence} on {funds_day}",
    ),
    Kind.FUNDS_SHORT: Told(
        "Too little money on the account",
        "Have money moved to the account and recorded under Money available, or pay one of the payrolls on another "
        "day. If it will be there in time, say who promised it",
        "The account {account} has {available_pence} on {funds_day}, its payrolls ({payrolls}) take {needed_pence}: "
        "{short_pence} are missing",
    ),
    Kind.CONTROL_TOTAL_MISSING: Told(
        "Nobody entered what the payroll should come to",
        "Enter the number of payments and the total of the source list, on the payroll’s page",
    ),
    Kind.CONTROL_TOTAL_DIFFERS: Told(
        "The payroll differs from its source list",
        "Find out which payments are too many or missing: look at who is not paid, and compare the lists. Correct the "
        "register and build the payroll again, or say why it is right",
        "By {source} it should be {expected_count} payments, {expected_pence}. Built: {count} payments, {total_pence}, "
        "and {unpaid} left out",
    ),
}

# how the value of a fact is written, by the end of its name
WRITTEN = {
    "_pence": pounds,
    "deadline": lambda value: instant(datetime.fromisoformat(value)),
    "asked_at": lambda value: day(datetime.fromisoformat(value)),
    "paid_on": lambda value: day(date.fromisoformat(value)),
    "funds_day": lambda value: day(date.fromisoformat(value)),
    "known_until": lambda value: day(date.fromisoformat(value)),
}


def fact_sentence(kind: Kind, facts: Mapping[str, Any]) -> str:
    """What a finding's facts say, or an empty string where the title says it all."""
    each = KINDS[kind].each
    return each.format_map({name: fact(name, value) for name, value in facts.items()}) if each else ""


def fact(name: str, value: Any) -> str:
    for end, written in WRITTEN.items():
        if name.endswith(end):
            return written(value)
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return number(value) if isinstance(value, int) else str(value)


def summary(kind: Kind, how_many: int) -> str:
    """`First payments to new bank details (240 payments)`."""
    return f"{KINDS[kind].title} ({count(how_many, 'payment')})"


def register(app: Flask) -> None:
    app.add_template_filter(KINDS.__getitem__, "finding_kind")
    app.add_template_filter(SEVERITIES.__getitem__, "severity")
    app.add_template_filter(fact_sentence)
