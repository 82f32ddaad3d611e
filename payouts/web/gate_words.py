"""Words for gates: who may not decide and why, and what each gate's word leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Flask

from payouts.gates.amount import Amount
from payouts.gates.attachment import AttachmentFault, AttachmentRefused
from payouts.gates.gate import Gate
from payouts.gates.opening import NotOpened
from payouts.gates.separation import Bar
from payouts.gates.standing_in import NotHandedOver
from payouts.urgent import PayMethod, UrgentPayment
from payouts.web.figures import count, day, pounds, weekday
from payouts.web.file_words import listed
from payouts.web.people_words import ROLES
from schemes.errors import Refused
from schemes.gate_rule import GateKind, GateRule
from schemes.person import Role

BARS: dict[Bar, str] = {
    Bar.BUILT_IT: "You built this payroll, so someone else must decide here",
    Bar.CHANGED_IT: "You changed this payroll after its files were built, so someone else must decide here",
    Bar.ACCEPTED_FINDINGS: "You accepted findings of this payroll, so someone else must decide here",
    Bar.PROPOSED_BANK_DETAILS: (
        "You brought in bank details that this payroll is the first to use, so someone else must decide here"
    ),
    Bar.KEYED_MONEY: "You entered awards that are paid here for the first time, so someone else must decide here",
    Bar.DECIDED_ANOTHER_GATE: "You decided at another gate of this payroll, so someone else must decide here",
    Bar.DECIDED_THIS_GATE: "You said go here already. Someone else must say it too",
}

ATTACHMENT_FAULTS: dict[AttachmentFault, str] = {
    AttachmentFault.EMPTY: "The file is empty. Choose another one",
    AttachmentFault.TOO_LARGE: "The file is larger than 10 megabytes. Choose a smaller one, or scan it more coarsely",
    AttachmentFault.OTHER_KIND: (
        "The file is not what it should be. Choose a PDF, a PNG or JPEG image, a CSV file or an Excel workbook "
        "without macros"
    ),
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotOpened: lambda refusal: (
        f"Open the findings listed here before you say go: {count(refusal.count, 'finding is', 'findings are')} left"
    ),
    NotHandedOver: lambda _: "This decision is not handed over to you today. Decide for yourself",
    AttachmentRefused: lambda refusal: ATTACHMENT_FAULTS[refusal.fault],
}

# what a go leads to, as the page says before it is given
AFTER_GO: dict[GateKind, str] = {
    GateKind.READY: "The payroll goes on to the next gate.",
    GateKind.FUNDS: "The payroll goes on to the next gate.",
    GateKind.APPROVE: "The payroll goes on to the next gate. A payment can’t change any more without asking you again.",
    GateKind.RELEASE: "The files can be downloaded and sent to the bank. No payment can be taken back here after that.",
}

FILES = "The files can be downloaded"
# of a payment that somebody makes outside
AFTER_RELEASE: dict[PayMethod, str] = {
    PayMethod.BANK_PORTAL: "The payment can be made in the bank’s portal",
    PayMethod.CHEQUE: "The cheque can be drawn",
}


def after_go(kind: GateKind, urgent: UrgentPayment | None) -> str:
    """What a go at a gate leads to, as the page says before it is given."""
    if kind is GateKind.RELEASE and urgent is not None and not urgent.method.has_file:
        return f"{AFTER_RELEASE[urgent.method]}. It can’t be stopped here after that."
    return AFTER_GO[kind]


def after_release(urgent: UrgentPayment | None) -> str:
    """What may be done once the last gate has said go."""
    return AFTER_RELEASE.get(urgent.method, FILES) if urgent is not None else FILES


# the parts of a manifest, where something is not as it was approved
PARTS: dict[str, str] = {
    "build": "the payroll was built again",
    "cover": "the cover by two people",
    "difference": "the difference to the last payroll",
    "duty_pattern": "how many people run the payroll",
    "check_results": "the findings or their reasons",
    "control_total": "what the payroll should come to",
    "check_rules": "the rules of the checks",
    "check_settings": "the scheme’s settings for the checks",
    "files": "the files",
    "rules": "the rules that it was made under: the scheme, the account to pay from or the checks’ settings",
    "gates": "the gates",
    "manifest": "the record of what was approved",
    "payment_count": "the number of payments",
    "bank_answers": "what a payee’s bank says about a name",
    "payments": "the payments",
    "payable_to": "the name to which the cheque is made out",
    "parts": "the arrears or what is recovered",
    "total_pence": "the total",
    "pay_date": "the pay date",
    "processing_day": "the day on which the bank works on the files",
    "input_day": "the day on which the files go to the bank",
    "service_user_number": "the service user number",
    "bank_profile": "the account to pay from",
    "scheme_version": "the scheme",
    "follows": "what was changed after the files were built",
    "to_open": "which findings whoever approves opens",
    "stopped_payments": "somebody in it may not be paid any more",
}


def part_words(name: str) -> str:
    """What is not as it was approved: a part of the manifest, or something that is named by its id."""
    kind, _, which = name.partition(" ")
    return PARTS.get(name) or {
        "file": f"the file {which}",
        "decision": "what somebody decided",
        "passkey": "what somebody signed with a passkey",
    }.get(kind, name)


def people_words(needed: Mapping[Role, int]) -> str:
    """`2 approvers and 1 finance officer`."""
    return listed([f"{people} {ROLES[role]}{'s' if people > 1 else ''}" for role, people in needed.items()])


def tier_lines(gate: Gate | GateRule) -> list[str]:
    """From which amounts a gate takes more people: `from £100,000.00 it takes 2 approvers`, a line each."""
    return [
        f"from {pounds(tier.from_pence)} it {'takes' if tier.role is gate.role else 'also takes'} "
        f"{people_words({tier.role: tier.people_needed})}"
        for tier in gate.tiers
    ]


def why_so_many(amount: Amount, pay_date: date) -> str:
    """What the number of people goes by now, where it depends on an amount."""
    if len(amount.payrolls) == 1:
        return f"This payroll comes to {pounds(amount.pence)}."
    shares = listed([f"payroll {share.number} with {pounds(share.pence)}" for share in amount.payrolls])
    return (
        f"All payrolls of this scheme for {day(pay_date)} count together, and come to {pounds(amount.pence)}: {shares}."
    )


def register(app: Flask) -> None:
    app.add_template_filter(people_words)
    app.add_template_filter(tier_lines)
    app.add_template_filter(lambda written: weekday(date.fromisoformat(written)), "iso_day")
    app.add_template_global(why_so_many)
