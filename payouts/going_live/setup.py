"""A body's set-up as plain facts that mean the same in any body: names, codes and addresses in place of ids.

Two bodies' facts are held against each other, so nothing in them belongs to one: no id, no account, no service user
number, no key, and nothing of any payee.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.exports import codes, own_profile
from payouts.going_live.readiness import real_people
from payouts.ledger.entry import LedgerAccount
from payouts.notices import settings, staff_wording, wording
from payouts.statement.posted import BookAccount
from schemes import bank_profile_change, cooling_off, name_policy, office_days, passkey_rule
from schemes.bank_profile import bank_profiles
from schemes.body import get_body
from schemes.body_details import retention
from schemes.check_settings import row_at, settings_from, settings_json
from schemes.definition import definition_json
from schemes.role_change import roles_of_all
from schemes.scheme import schemes_of_body
from schemes.scheme_version import newest
from schemes.signer import digest

Facts = dict[str, Any]
NOBODYS = UUID(int=0)
"""Stands where a definition has the id of an account, which is another in each body."""


class Section(StrEnum):
    """What a set-up consists of, in the order in which it is carried over: what others rest on comes first."""

    DETAILS = "details"
    RETENTION = "retention"
    DUTIES = "duties"
    COOLING_OFF = "cooling_off"
    NAME_POLICY = "name_policy"
    PASSKEYS = "passkeys"
    OFFICE_DAYS = "office_days"
    BANK_PROFILE = "bank_profile"
    SCHEME = "scheme"
    CHECKS = "checks"
    NOTICE_SETTINGS = "notice_settings"
    NOTICE_WORDING = "notice_wording"
    STAFF_WORDING = "staff_wording"
    LEDGER_CODES = "ledger_codes"
    EXPORT_PROFILE = "export_profile"
    PERSON = "person"


Setup = dict[Section, dict[str, Facts]]
"""By section, and there by what tells one from another: a scheme's code, a person's address; "" where there is one."""

# of an account in a bank: typed anew in each body
OF_THE_ACCOUNT = frozenset({
    "account_name", "service_user_name", "service_user_number", "bureau_number", "last_four", "version", "profile_id",
})  # fmt: skip
DETAILS = ("name", "colour", "contact_email", "contact_phone")


def details(session: Session) -> dict[str, Facts]:
    """Each by itself: a sandbox is mostly called otherwise than the live body."""
    body = get_body(session)
    return {name: {"what": name, "is": getattr(body, name)} for name in DETAILS}


def profiles(session: Session) -> dict[str, Facts]:
    found = {profile.name: bank_profile_change.facts(profile) for profile in bank_profiles(session)}
    return {
        name: {key: fact for key, fact in told.items() if key not in OF_THE_ACCOUNT} for name, told in found.items()
    }


def schemes(session: Session) -> dict[str, Facts]:
    """The newest version of each: what is rehearsed now."""
    called = {profile.line_id: profile.name for profile in bank_profiles(session)}
    found = {}
    for scheme in schemes_of_body(session):
        definition = newest(session, scheme.id).definition
        told = {**definition_json(definition), "bank_profile_id": str(NOBODYS)}
        found[scheme.code] = {"pays_from": called[definition.bank_profile_id], "definition": told}
    return found


def checks(session: Session) -> dict[str, Facts]:
    """Of each scheme that has settings of its own."""
    found = {}
    for scheme in schemes_of_body(session):
        if (row := row_at(session, scheme.id)) is not None:
            found[scheme.code] = {**settings_json(settings_from(row.settings)), "scheme": scheme.code}
    return found


def wordings(session: Session) -> dict[str, Facts]:
    called = {scheme.id: scheme.code for scheme in schemes_of_body(session)}
    found = {}
    for place, row in wording.Wordings(session).own.items():
        code = called[place.scheme_id] if place.scheme_id else ""
        told = {**wording.facts(place, row.words, code), "scheme_id": ""}
        found["/".join((place.event, place.way, place.language, code))] = told
    return found


def staff_wordings(session: Session) -> dict[str, Facts]:
    return {
        text.value: staff_wording.facts(text, staff_wording.words_of(session, text))
        for text in staff_wording.worded(session)
    }


def ledger_codes(session: Session) -> dict[str, Facts]:
    """But for the codes of bank accounts, which belong to the accounts."""
    kept = codes.newest_codes(session)
    shared = {account.value for account in (*LedgerAccount, *BookAccount) if account is not BookAccount.BANK}
    found = {key: told for key, told in (kept.codes if kept else {}).items() if key in shared}
    return {"": {"codes": found, "names": {}}} if found else {}


def export_profiles(session: Session) -> dict[str, Facts]:
    return {
        one.name: own_profile.said(one.name, one.definition, one.ended) for one in own_profile.own_profiles(session)
    }


def people(session: Session) -> dict[str, Facts]:
    """Real people with what they hold."""
    real = {person.id for person, _ in real_people(session)}
    held = [(person, roles) for person, roles, _ in roles_of_all(session) if person.id in real]
    return {
        person.email: {"email": person.email, "name": person.name, "roles": {key: sorted(roles[key]) for key in roles}}
        for person, roles in held
    }


def one(read: Callable[[Session], Facts]) -> Callable[[Session], dict[str, Facts]]:
    return lambda session: {"": read(session)}


READERS: dict[Section, Callable[[Session], dict[str, Facts]]] = {
    Section.DETAILS: details,
    Section.RETENTION: one(retention),
    # cover by two is for people who are away, each body's own
    Section.DUTIES: one(lambda session: {"pattern": get_body(session).duty_pattern.value, "cover": None}),
    Section.COOLING_OFF: one(cooling_off.facts),
    Section.NAME_POLICY: one(name_policy.facts),
    Section.PASSKEYS: one(passkey_rule.facts),
    Section.OFFICE_DAYS: one(office_days.facts),
    Section.BANK_PROFILE: profiles,
    Section.SCHEME: schemes,
    Section.CHECKS: checks,
    Section.NOTICE_SETTINGS: one(lambda session: settings.settings_json(settings.current(session))),
    Section.NOTICE_WORDING: wordings,
    Section.STAFF_WORDING: staff_wordings,
    Section.LEDGER_CODES: ledger_codes,
    Section.EXPORT_PROFILE: export_profiles,
    Section.PERSON: people,
}


def setup_of(session: Session) -> Setup:
    """The whole set-up of the body of this transaction."""
    return {section: READERS[section](session) for section in Section}


def setup_digest(setup: Setup) -> str:
    return digest({section.value: told for section, told in setup.items()})
