"""Words for changes that take two people, by kind: what each would change, row by row.

A kind is added here with `schemes.change_applied.EFFECTS`: what it is called, its facts as rows of words, and when it
takes effect. A row that stands on one side only is something that is added or taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for

from payouts.web import duplicate_words, going_live_words, notice_words, promotion_words
from payouts.web.api_key_words import key_rows
from payouts.web.bank_profile_words import profile_rows
from payouts.web.channel_words import connection_rows
from payouts.web.check_settings_words import settings_rows
from payouts.web.confirmation_words import policy_rows
from payouts.web.deadline_words import freeze_rows, office_days_rows
from payouts.web.duty_words import PATTERNS, cover_terms
from payouts.web.export_words import codes_rows
from payouts.web.export_words import profile_rows as export_profile_rows
from payouts.web.figures import count, day
from payouts.web.ledger_words import close_rows, held_rows
from payouts.web.notify_words import connection_rows as notify_rows
from payouts.web.passkey_words import rule_rows
from payouts.web.people_words import ROLES, role_words
from payouts.web.scheme_words import definition_rows
from payouts.web.statement_words import bank_rule_rows, entry_rows
from schemes import name_policy
from schemes.body import DutyPattern
from schemes.change import Change, ChangeKind
from schemes.definition import definition_from

Facts = Mapping[str, Any]
Names = Mapping[UUID, str]


@dataclass(frozen=True)
class ChangeWords:
    """How a kind of change is told.

    title: what is changed, in a few words, from the change and the names of the body's people. rows: a proposal's facts
    (`before` or `after`) as label and words, in the order of the page. effect: when a confirmed change counts.
    page: the words and address of a link to what has to be looked at first.
    """

    title: Callable[[Change, Names], str]
    rows: Callable[[Facts, Names], dict[str, str]]
    effect: str
    page: Callable[[Change], tuple[str, str] | None] = lambda change: None


class Row(NamedTuple):
    """One fact of a change, as it is and as it would be; empty where it is not there."""

    what: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


def cooling_off_rows(facts: Facts, _: Names) -> dict[str, str]:
    return {
        "First bank details wait": count(facts["first_days"], "working day"),
        "Changed bank details wait": count(facts["ordinary_days"], "working day"),
        "Changes of high risk wait": count(facts["high_days"], "working day"),
    }


def duties_rows(facts: Facts, _: Names) -> dict[str, str]:
    name, does = PATTERNS[DutyPattern(facts["pattern"])]
    return {"Who decides": f"{name}. {does}", "Cover by two people": cover_terms(facts["cover"])}


def scheme_title(change: Change, _: Names) -> str:
    code = change.after["definition"]["code"]
    return f"Scheme {code}: a new version" if change.before else f"Scheme {code}: a new scheme"


def scheme_rows(facts: Facts, _: Names) -> dict[str, str]:
    return {
        "In force for periods from": day(date.fromisoformat(facts["effective_from"])),
        **definition_rows(definition_from(facts["definition"]), ROLES),
        "Pays from the account": facts["pays_from"],
    }


def retention_rows(facts: Facts, _: Names) -> dict[str, str]:
    return {"Kept besides the current financial year": count(facts["years"], "year")}


def safe_contact_rows(facts: Facts, _: Names) -> dict[str, str]:
    safe = f"Only the safe ones: {count(len(facts['contacts']), 'contact')}" if facts["marked"] else "Every contact"
    return {"They may be reached by": safe}


def invitation_rows(facts: Facts, _: Names) -> dict[str, str]:
    return {"Name": facts["name"], "Email address": facts["email"], "Roles": role_words(facts["roles"])}


def name_policy_rows(facts: Facts, _: Names) -> dict[str, str]:
    return policy_rows(name_policy.from_facts(dict(facts)))


def bank_profile_title(change: Change, _: Names) -> str:
    name = change.after["name"]
    return f"Account to pay from: {name}" if change.before else f"A new account to pay from: {name}"


def two_payees(change: Change) -> tuple[str, str]:
    return "See the two payees side by side", url_for("pages.show_pair", pair_id=change.after["pair_id"])


def two_beneficiaries(change: Change) -> tuple[str, str]:
    address = url_for("pages.show_beneficiary_pair", beneficiary_pair_id=change.after["pair_id"])
    return "See the two beneficiaries side by side", address


KINDS: dict[ChangeKind, ChangeWords] = {
    ChangeKind.GO_LIVE: ChangeWords(
        lambda change, names: f"Request to go live: {change.after['live_name']}",
        lambda facts, names: going_live_words.request_rows(facts),
        "The checklist is frozen as it stands, and whoever runs this installation decides. If a point has "
        "changed since it was asked, it is refused and has to be asked anew.",
        lambda change: ("The checklist", url_for("pages.show_going_live")),
    ),
    ChangeKind.PROMOTION: ChangeWords(
        lambda change, names: "The sandbox’s set-up",
        promotion_words.promotion_rows,
        "It takes effect together or not at all, and invitations are sent. If the sandbox or this body has changed "
        "since it was proposed, it is refused. Open payrolls keep what they were created under.",
        lambda change: (
            "See it whole, and the accounts to pay from",
            url_for("pages.show_proposed_promotion", change_id=change.id),
        ),
    ),
    ChangeKind.INVITATION: ChangeWords(
        lambda change, names: f"Invitation of {change.after['name'] or change.after['email']}",
        invitation_rows,
        "The invitation is sent when it is confirmed. Its link works for 7 days. An approver decides 24 hours after "
        "accepting it.",
    ),
    ChangeKind.ROLES: ChangeWords(
        lambda change, names: f"Roles of {names.get(change.subject_id, 'someone who has left')}",
        lambda facts, names: {"Roles": role_words(facts["roles"])},
        "It counts at once. A new approver decides at no gate for 24 hours, and every approver is told.",
    ),
    ChangeKind.CREDENTIALS: ChangeWords(
        lambda change, names: f"New password and codes for {names.get(change.subject_id, 'someone who has left')}",
        lambda facts, names: {"Password and one-time codes": "Set anew by a link in an email"},
        "The link is sent when it is confirmed, and works for 24 hours. Their sessions end, every approver is told, "
        "and they decide at no gate for 24 hours after they have used it. Call them first: was it they who asked?",
    ),
    ChangeKind.ERASURE: ChangeWords(
        lambda change, names: "Erasure of a payee whose records are no longer needed",
        lambda facts, names: {"Names, addresses and bank details": "Erased" if facts["erased"] else "In the register"},
        "At once, and for good. Amounts, the ledger and the audit trail stay, and old payrolls still add up. Old "
        "payment files that hold the payee can no longer be opened.",
        lambda change: ("See the payee", url_for("pages.show_payee", payee_id=change.subject_id)),
    ),
    ChangeKind.MERGE: ChangeWords(
        duplicate_words.merge_title,
        duplicate_words.merge_rows,
        "From the next payroll that is built, the awards are paid to the payee who stays, into the account of theirs. "
        "Payments that were made stay as they are.",
        two_payees,
    ),
    ChangeKind.UNMERGE: ChangeWords(
        duplicate_words.unmerge_title,
        duplicate_words.unmerge_rows,
        "From the next payroll that is built, each is paid for what was theirs before the merge, into an account of "
        "their own. What was paid meanwhile stays as it is and is not paid again. Holds stay on both.",
        two_payees,
    ),
    ChangeKind.ONE_BENEFICIARY: ChangeWords(
        duplicate_words.one_person_title,
        duplicate_words.one_person_rows,
        "At once. Both records stay, with their awards and payees. For one thing and one period the person is paid "
        "once, and a hold on one record stops both.",
        two_beneficiaries,
    ),
    ChangeKind.TWO_BENEFICIARIES: ChangeWords(
        duplicate_words.one_person_title,
        duplicate_words.two_people_rows,
        "At once. Each is paid for what they are awarded. What was paid meanwhile stays as it is. Holds stay on both.",
        two_beneficiaries,
    ),
    ChangeKind.SAFE_CONTACT: ChangeWords(
        lambda change, names: "How a payee may be reached",
        safe_contact_rows,
        "It counts at once. By a contact that is not safe nobody writes to or calls this person, not even to warn them "
        "of changed bank details. Make sure that they asked for it themselves.",
        lambda change: ("See the contacts", url_for("pages.show_contacts", payee_id=change.subject_id)),
    ),
    ChangeKind.BANK_PROFILE: ChangeWords(
        bank_profile_title,
        lambda facts, names: profile_rows(facts),
        "It counts for payrolls that are created from then on. Payrolls that there are keep what they were created "
        "with. Serial numbers go on.",
    ),
    ChangeKind.BANK_CONNECTION: ChangeWords(
        lambda change, names: "How files get to the bank",
        lambda facts, names: connection_rows(facts),
        "Whether files are sent by the service counts for payrolls that are created from then on. Where the server is, "
        "and how the service signs in, counts at once. Compare the server’s key, and the "
        "fingerprint of the OpenPGP certificate if there is one, with the bank’s own letter or site.",
        lambda change: (
            "See the account that it is for",
            url_for("pages.show_bank_profile", bank_profile_id=change.subject_id),
        ),
    ),
    ChangeKind.NOTIFY: ChangeWords(
        lambda change, names: "What messages to payees are sent through",
        lambda facts, names: notify_rows(facts),
        "It counts at once, for messages that wait to be sent too. Try it with a message to yourself first.",
        lambda change: ("Try it first", url_for("pages.show_notify")),
    ),
    ChangeKind.NOTICE_WORDING: ChangeWords(
        lambda change, names: f"Words of a message: {notice_words.place_words(change.after)}",
        lambda facts, names: notice_words.wording_rows(facts),
        "It counts at once, for messages that are not sent yet. Read it as somebody who is worried about money would.",
    ),
    ChangeKind.STAFF_WORDING: ChangeWords(
        lambda change, names: f"Words of a message to colleagues: {notice_words.staff_text_words(change.after)}",
        lambda facts, names: notice_words.staff_wording_rows(facts),
        "It counts at once, for messages that are asked for from then on.",
    ),
    ChangeKind.NOTICE_SETTINGS: ChangeWords(
        lambda change, names: "What payees are told, and when",
        lambda facts, names: notice_words.settings_rows(facts),
        "It counts at once, for messages that are not sent yet.",
    ),
    ChangeKind.COOLING_OFF: ChangeWords(
        lambda change, names: "Cooling-off of bank details",
        cooling_off_rows,
        "It counts for bank details that are confirmed from then on. What is confirmed already keeps its day.",
    ),
    ChangeKind.DUTIES: ChangeWords(
        lambda change, names: "Cover by two people" if change.after["cover"] else "How many people run a payroll",
        duties_rows,
        "It counts for payrolls that are created from then on. Open payrolls keep what they were created under.",
    ),
    ChangeKind.OFFICE_DAYS: ChangeWords(
        lambda change, names: "The days on which your offices work",
        lambda facts, names: office_days_rows(facts),
        "It counts at once for the deadlines of all gates, those of open payrolls too. Bacs’s own days stay.",
    ),
    ChangeKind.DELEGATION: ChangeWords(
        lambda change, names: "Somebody who decides for a person who is away",
        lambda facts, names: {
            "Who is away": names.get(UUID(facts["person"]), "Someone who has left"),
            "Who decides for them": names.get(UUID(facts["delegate"]), "Someone who has left"),
            "From": day(date.fromisoformat(facts["first_day"])),
            "To": day(date.fromisoformat(facts["last_day"])),
        },
        "It counts on these days, and ends by itself.",
    ),
    ChangeKind.FREEZE: ChangeWords(
        lambda change, names: "Days on which nothing is released" + ("" if change.after else ": an earlier end"),
        lambda facts, names: freeze_rows(facts),
        "It counts at once, for payrolls that wait at their gates too.",
    ),
    ChangeKind.RETENTION: ChangeWords(
        lambda change, names: "How long records are kept",
        retention_rows,
        "It counts at once for everything that is kept.",
    ),
    ChangeKind.NAME_POLICY: ChangeWords(
        lambda change, names: "What the banks’ answers about names mean",
        name_policy_rows,
        "It counts for bank details that are confirmed, and for payrolls that are created, from then on.",
    ),
    ChangeKind.LEDGER_CLOSE: ChangeWords(
        lambda change, names: f"Close the books up to {day(date.fromisoformat(change.after['last_day']))}",
        lambda facts, names: close_rows(facts),
        "It counts at once and for good: nothing is posted into closed days any more.",
        lambda change: ("The daily control", url_for("pages.show_controls")),
    ),
    ChangeKind.HELD_MONEY: ChangeWords(
        lambda change, names: f"Held money of payment {change.after['payment']}, payroll {change.after['payroll']}",
        lambda facts, names: held_rows(facts),
        "It is posted to the ledger at once. The money is not paid to anybody any more.",
        lambda change: ("Money that is held", url_for("pages.show_held")),
    ),
    ChangeKind.BANK_MATCH: ChangeWords(
        lambda change, names: f"What a bank entry of {day(date.fromisoformat(change.after['booked_on']))} is",
        lambda facts, names: entry_rows(facts),
        "It counts at once. Whether the bank agrees with the ledger is worked out from it.",
        lambda change: ("The entry", url_for("pages.show_bank_entry", bank_entry_id=change.subject_id)),
    ),
    ChangeKind.BANK_RULE: ChangeWords(
        lambda change, names: "A rule for entries of statements" + (": its end" if change.after["ended"] else ""),
        lambda facts, names: bank_rule_rows(facts),
        "A new rule counts for entries that are read from then on, and for those in suspense. What a rule matched "
        "stays when it ends.",
        lambda change: ("The rules in force", url_for("pages.show_bank_rules")),
    ),
    ChangeKind.EXPORT_PROFILE: ChangeWords(
        lambda change, names: f"How journals are laid out: {change.after['name']}",
        lambda facts, names: export_profile_rows(facts),
        "It counts for journals that are exported from then on. What was exported stays what it was.",
        lambda change: ("The layouts that there are", url_for("pages.show_export_profiles")),
    ),
    ChangeKind.LEDGER_CODES: ChangeWords(
        lambda change, names: "Codes of the accounts in the finance system",
        lambda facts, names: codes_rows(facts),
        "It counts for journals that are exported from then on. What was exported stays what it was.",
        lambda change: ("The codes that there are", url_for("pages.show_ledger_codes")),
    ),
    ChangeKind.CHECKS: ChangeWords(
        lambda change, names: f"Checks of scheme {change.after['scheme']}",
        lambda facts, names: settings_rows(facts),
        "It counts for payrolls that are created from then on. Open payrolls keep what they were created under.",
    ),
    ChangeKind.API_KEY: ChangeWords(
        lambda change, names: f"API key {change.after['name']}",
        lambda facts, names: key_rows(facts),
        "It works once an administrator takes its secret. What it proposes waits for people, as what anybody proposes.",
    ),
    ChangeKind.PASSKEYS: ChangeWords(
        lambda change, names: "Where a go is signed with a passkey",
        lambda facts, names: rule_rows(facts),
        "It counts for payrolls that are created from then on. Open payrolls keep what they were created under. "
        "Whoever decides there adds a passkey first, and waits 24 hours.",
    ),
    ChangeKind.SCHEME: ChangeWords(
        scheme_title,
        scheme_rows,
        "It counts for payrolls of periods that begin on its day or later. A payroll that there is keeps its version.",
    ),
}


def scheme_differences(before: Facts, after: Facts) -> list[Row]:
    """What a draft of a scheme would change."""
    return side_by_side(scheme_rows(before, {}) if before else {}, scheme_rows(after, {}))


def title(change: Change, names: Names) -> str:
    return KINDS[change.kind].title(change, names)


def effect(change: Change) -> str:
    return KINDS[change.kind].effect


def rows(change: Change, names: Names) -> list[Row]:
    """What a change would change, and what would stay, in the order of the page."""
    to_words = KINDS[change.kind].rows
    before = to_words(change.before, names) if change.before else {}
    after = to_words(change.after, names) if change.after else {}
    return side_by_side(before, after)


def side_by_side(before: Mapping[str, str], after: Mapping[str, str]) -> list[Row]:
    labels = [*before, *(label for label in after if label not in before)]
    return [Row(label, before.get(label, ""), after.get(label, "")) for label in labels]
