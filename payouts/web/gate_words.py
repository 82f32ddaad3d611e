"""Words for gates: who may not decide and why, and what each gate's word leads to."""

from __future__ import annotations

from payouts.gates.separation import Bar
from schemes.gate_rule import GateKind

BARS: dict[Bar, str] = {
    Bar.BUILT_IT: "You built this payroll, so someone else must decide here",
    Bar.ACCEPTED_FINDINGS: "You accepted findings of this payroll, so someone else must decide here",
    Bar.PROPOSED_BANK_DETAILS: (
        "You brought in bank details that this payroll is the first to use, so someone else must decide here"
    ),
    Bar.KEYED_MONEY: "You entered awards that are paid here for the first time, so someone else must decide here",
    Bar.DECIDED_ANOTHER_GATE: "You decided at another gate of this payroll, so someone else must decide here",
    Bar.DECIDED_THIS_GATE: "You said go here already. Someone else must say it too",
}

# what a go leads to, as the page says before it is given
AFTER_GO: dict[GateKind, str] = {
    GateKind.READY: "The payroll goes on to the next gate.",
    GateKind.FUNDS: "The payroll goes on to the next gate.",
    GateKind.APPROVE: "The payroll goes on to the next gate. A payment can’t change any more without asking you again.",
    GateKind.RELEASE: "The files can be downloaded and sent to the bank. No payment can be taken back here after that.",
}

# the parts of a manifest, where something is not as it was approved
PARTS: dict[str, str] = {
    "build": "the payroll was built again",
    "cover": "the cover by two people",
    "duty_pattern": "how many people run the payroll",
    "check_results": "the findings or their reasons",
    "check_rules": "the rules of the checks",
    "files": "the files",
    "gates": "the gates",
    "manifest": "the record of what was approved",
    "payment_count": "the number of payments",
    "bank_answers": "what a payee’s bank says about a name",
    "payments": "the payments",
    "parts": "the arrears or what is recovered",
    "total_pence": "the total",
    "pay_date": "the pay date",
    "processing_day": "the day on which the bank works on the files",
    "input_day": "the day on which the files go to the bank",
    "service_user_number": "the service user number",
    "bank_profile": "the account to pay from",
    "scheme_version": "the scheme",
    "stopped_payments": "somebody in it may not be paid any more",
}
