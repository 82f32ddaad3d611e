"""Words for carrying a sandbox's set-up over: what each thing is called, and what differs, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from payouts.going_live.promoted_account import AccountFault
from payouts.going_live.promotion import DayNotNamed, Incomplete, Item, NoSandbox
from payouts.going_live.setup import Section
from payouts.web import notice_words
from payouts.web.bank_profile_words import FAULTS as PROFILE_FAULTS
from payouts.web.bank_profile_words import profile_rows
from payouts.web.check_settings_words import settings_rows
from payouts.web.confirmation_words import policy_rows
from payouts.web.deadline_words import office_days_rows
from payouts.web.duty_words import PATTERNS
from payouts.web.export_words import codes_rows
from payouts.web.export_words import profile_rows as layout_rows
from payouts.web.figures import count
from payouts.web.passkey_words import rule_rows
from payouts.web.people_words import ROLES, role_words
from payouts.web.scheme_words import definition_rows
from schemes import name_policy
from schemes.body import DutyPattern
from schemes.definition import definition_from
from schemes.errors import Refused

Facts = Mapping[str, Any]

DETAILS = {
    "name": "Name of the body",
    "colour": "Colour",
    "contact_email": "Email address for questions",
    "contact_phone": "Phone number for questions",
}
HEADINGS: dict[Section, str] = {
    Section.DETAILS: "The body",
    Section.RETENTION: "Rules",
    Section.DUTIES: "Rules",
    Section.COOLING_OFF: "Rules",
    Section.NAME_POLICY: "Rules",
    Section.PASSKEYS: "Rules",
    Section.OFFICE_DAYS: "Rules",
    Section.BANK_PROFILE: "Accounts to pay from",
    Section.SCHEME: "Schemes",
    Section.CHECKS: "Schemes",
    Section.NOTICE_SETTINGS: "Messages",
    Section.NOTICE_WORDING: "Messages",
    Section.STAFF_WORDING: "Messages",
    Section.LEDGER_CODES: "The finance system",
    Section.EXPORT_PROFILE: "The finance system",
    Section.PERSON: "People",
}
TOGETHER = {Section.DETAILS: "Name, colour and contact", Section.PERSON: "Invitations"}
"""What is shown together, under one title."""
TITLES: dict[Section, Callable[[str, Facts], str]] = {
    Section.DETAILS: lambda key, facts: DETAILS[key],
    Section.RETENTION: lambda key, facts: "How long records are kept",
    Section.DUTIES: lambda key, facts: "How many people run a payroll",
    Section.COOLING_OFF: lambda key, facts: "Cooling-off of bank details",
    Section.NAME_POLICY: lambda key, facts: "What the banks’ answers about names mean",
    Section.PASSKEYS: lambda key, facts: "Where a go is signed with a passkey",
    Section.OFFICE_DAYS: lambda key, facts: "The days on which your offices work",
    Section.BANK_PROFILE: lambda key, facts: f"Account to pay from: {key}",
    Section.SCHEME: lambda key, facts: f"Scheme {key}",
    Section.CHECKS: lambda key, facts: f"Checks of scheme {key}",
    Section.NOTICE_SETTINGS: lambda key, facts: "What payees are told, and when",
    Section.NOTICE_WORDING: lambda key, facts: f"Words of a message: {notice_words.place_words(facts)}",
    Section.STAFF_WORDING: lambda key, facts: f"Words to colleagues: {notice_words.staff_text_words(facts)}",
    Section.LEDGER_CODES: lambda key, facts: "Codes of the accounts in the finance system",
    Section.EXPORT_PROFILE: lambda key, facts: f"How journals are laid out: {key}",
    Section.PERSON: lambda key, facts: f"Invitation of {facts['name']}",
}


def cooling_off_rows(facts: Facts) -> dict[str, str]:
    return {
        "First bank details wait": count(facts["first_days"], "working day"),
        "Changed bank details wait": count(facts["ordinary_days"], "working day"),
        "Changes of high risk wait": count(facts["high_days"], "working day"),
    }


def account_rows(facts: Facts) -> dict[str, str]:
    """What comes from the sandbox: not what the bank knows the account by."""
    typed = {"name": "", "last_four": "", "same_account": False, "account_name": "", "service_user_number": ""}
    rows = profile_rows({**typed, "service_user_name": "", "bureau_number": "", **facts})
    own = ("Name", "Account", "Name on the account", "Service user number", "Service user name", "Bureau that submits")
    return {what: said for what, said in rows.items() if what not in own}


def scheme_rows(facts: Facts) -> dict[str, str]:
    return {**definition_rows(definition_from(facts["definition"]), ROLES), "Pays from the account": facts["pays_from"]}


ROWS: dict[Section, Callable[[Facts], dict[str, str]]] = {
    Section.DETAILS: lambda facts: {DETAILS[facts["what"]]: facts["is"] or "None"},
    Section.RETENTION: lambda facts: {"Kept besides the current financial year": count(facts["years"], "year")},
    Section.DUTIES: lambda facts: {"Who decides": ". ".join(PATTERNS[DutyPattern(facts["pattern"])])},
    Section.COOLING_OFF: cooling_off_rows,
    Section.NAME_POLICY: lambda facts: policy_rows(name_policy.from_facts(dict(facts))),
    Section.PASSKEYS: rule_rows,
    Section.OFFICE_DAYS: office_days_rows,
    Section.BANK_PROFILE: account_rows,
    Section.SCHEME: scheme_rows,
    Section.CHECKS: settings_rows,
    Section.NOTICE_SETTINGS: notice_words.settings_rows,
    Section.NOTICE_WORDING: notice_words.wording_rows,
    Section.STAFF_WORDING: notice_words.staff_wording_rows,
    Section.LEDGER_CODES: codes_rows,
    Section.EXPORT_PROFILE: layout_rows,
    Section.PERSON: lambda facts: {"Email address": facts["email"], "Roles": role_words(facts["roles"])},
}


def item_title(item: Item) -> str:
    return TITLES[item.section](item.key, item.after)


def differing(item: Item) -> list[tuple[str, str, str]]:
    """What differs: what it is, how it is in the live body, and how it would be."""
    before = ROWS[item.section](item.before) if item.before else {}
    after = ROWS[item.section](item.after)
    labels = [*after, *(what for what in before if what not in after)]
    rows = [(what, before.get(what, ""), after.get(what, "")) for what in labels]
    return [row for row in rows if row[1] != row[2]]


def short_rows(item: Item) -> list[tuple[str, str, str]]:
    """A person in one row."""
    if item.section is Section.PERSON:
        return [(item.after["name"], "", f"{item.after['email']}: {role_words(item.after['roles'])}")]
    return differing(item)


def item_of(told: Facts) -> Item:
    return Item(Section(told["section"]), told["key"], told["before"], told["after"])


def promotion_rows(facts: Facts, names: Mapping[UUID, str]) -> dict[str, str]:
    """A promotion as a change: a row for each thing, and what of it differs. The whole is on its own page."""
    return {item_title(item_of(told)): summary(told) for told in facts.get("items", ())}


def summary(told: Facts) -> str:
    item = item_of(told)
    if item.section is Section.BANK_PROFILE and not told["same_account"]:
        return f"New: ending {told['last_four']}, service user number {told['service_user_number']}"
    if item.section is Section.PERSON:
        return f"{item.after['email']}: {role_words(item.after['roles'])}"
    if item.is_new:
        return "New"
    return f"Other: {', '.join(what for what, _, _ in differing(item))}"


def id_words(item_id: str) -> str:
    """An item that something else rests on: `scheme/HIL`."""
    section, _, key = item_id.partition("/")
    return TITLES[Section(section)](key, {"name": key})


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NoSandbox: lambda refusal: "Whoever runs this installation has named no sandbox in which this body rehearses",
    Incomplete: lambda refusal: (
        f"What you chose rests on this too: {', '.join(map(id_words, refusal.needs))}. Choose it as well"
    ),
    DayNotNamed: lambda refusal: f"Enter the day from which the new version of scheme {refusal.code} counts",
    AccountFault: lambda refusal: f"{refusal.name}: {PROFILE_FAULTS[refusal.fault]}",
}

ACTS: dict[str, str] = {"body.promoted": "Carried the sandbox’s set-up over ({items} things)"}
