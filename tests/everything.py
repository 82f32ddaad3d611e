"""A body full of data, and the address of every route of its pages: what each argument of a route can be."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import select

from payouts.checks.finding import Finding
from payouts.checks.finding import Kind as FindingKind
from payouts.difference.explanation import Cause
from payouts.files.payment_file import PaymentFile
from payouts.following.process_id import Followed, Kind, process_id
from payouts.gates import query
from payouts.gates.decision import decisions_of
from payouts.gates.gate import Gate
from payouts.ledger.control import compare
from payouts.payment import Payment
from payouts.payroll import PayrollKind, get_payroll
from payouts.statement.entry import BankEntry
from schemes import freeze
from schemes.account import Account
from schemes.bank_profile import BankProfile
from schemes.contact import Contact
from schemes.database import new_id
from schemes.duplicates.pair import DuplicatePair
from schemes.imports.register_import import RegisterImport
from schemes.passkey import passkeys_of
from schemes.payee import Mandate
from schemes.person import Role
from schemes.scheme_draft import begin
from schemes.scheme_version import newest
from tests.answering import from_the_bank
from tests.awarding import an_award
from tests.duplicating import a_beneficiary_pair, a_shared_account
from tests.entering import FILE_HEADER, entering, send_file
from tests.hooked import a_delivery, a_webhook
from tests.keys import a_key
from tests.office import Office
from tests.passkeys import give_passkey
from tests.payouts.exports.test_export import own as a_layout
from tests.payouts.statement.bank import a_rule, account_of, camt, entry, send


def every_address(app: Flask, office: Office, sealed: Any) -> list[str]:
    """Every rule of the app that answers a GET, with the ids of what is in the database."""
    values, adapter = everything_in(office, sealed), app.url_map.bind("localhost")
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    assert len(rules) > 25
    return [adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}) for rule in rules]


def everything_in(office: Office, sealed: Any) -> dict[str, Any]:
    """Something of every kind, by the name that routes give its id."""
    return {
        **WORDS,
        **of_the_register(office),
        **of_payrolls(office, sealed),
        **of_the_bank(office),
        **of_rules_and_machines(office),
    }


# what stands in addresses and is the id of nothing
WORDS: dict[str, Any] = {
    "difference_class": "extra",
    "following": PayrollKind.TOP_UP.value,
    "component": "support",
    "part": "about",
    "point": "trained",
    "event": "payment_on_its_way",
    "way": "email",
    "language": "english",
    "place": "0",
    "kind": FindingKind.UNUSUALLY_LARGE.value,
    "cause": Cause.STARTERS.value,
    "token": "of-nobody",
    "line": 2,
    "colour": "00625e",
    "version": "x",
    "staff_text": "no_go",
    "name": "payouts.css",
    "picture": "gate",
    "table_name": "over-time",
    "ending": "csv",
}


def of_the_register(office: Office) -> dict[str, Any]:
    """A payee with all that one can have, and what became of their award; people who may be one; an import."""
    with office.transaction() as session:
        contact = session.scalars(select(Contact)).first()
        account = session.scalars(select(Account).where(Account.payee_id == contact.payee_id)).first()
        mandate = session.scalars(select(Mandate).where(Mandate.payee_id == account.payee_id).limit(1)).one()
        import_id = session.scalars(select(RegisterImport.id)).first()
        pair_id = session.scalars(select(DuplicatePair.id)).first()
    hold_id = office.stop_payments(account.payee_id)
    office.let_go_on(account.payee_id, hold_id)
    award = an_award(office)
    return {
        "import_id": import_id,
        "pair_id": pair_id,
        "payee_id": account.payee_id,
        "account_id": account.id,
        "contact_id": contact.id,
        "mandate_id": mandate.id,
        "beneficiary_id": mandate.beneficiary_id,
        "hold_id": hold_id,
        "access_id": office.ask_for_everything(account.payee_id),
        "award_id": award.id,
        "suspension_id": award.suspend(date(2027, 1, 1)),
        "recovery_id": award.recover(),
        "write_off_id": award.write_off(),
        "one_off_id": entering(office).propose().id,
        "one_off_file_id": send_file(office, FILE_HEADER).id,
        "beneficiary_pair_id": a_beneficiary_pair(office),
        "shared_account_id": a_shared_account(office),
    }


def of_payrolls(office: Office, sealed: Any) -> dict[str, Any]:
    header = b"sort_code,account_number,amount,processing_date,name,ref\n"
    parallel_run_id = office.compare(sealed.payroll_id, header)
    with office.transaction() as session:
        return {
            "payroll_id": sealed.payroll_id,
            "parallel_run_id": parallel_run_id,
            "file_id": session.scalars(select(PaymentFile.id)).first(),
            "payment_id": session.scalars(select(Payment.id)).first(),
            "finding_id": session.scalars(select(Finding.id)).first(),
            "gate_id": session.scalars(select(Gate.id).order_by(Gate.position)).first(),
            "query_id": a_question(office, sealed.payroll_id),
            "decision_id": first_decision(office, sealed.payroll_id),
            "process_id": a_process_id(office, session),
        }


def of_the_bank(office: Office) -> dict[str, Any]:
    statement_id = send(office, camt(account_of(office), entry(1_00, "somebody"))).id
    with office.transaction() as session:
        return {
            "correction_report_id": office.take_corrections(),
            "statement_file_id": statement_id,
            "bank_rule_id": a_rule(office).id,
            "export_profile_id": a_layout(office).id,
            "control_id": compare(session, asked_by=None, at=office.service.now()).id,
            "bank_entry_id": session.scalars(select(BankEntry.id)).first(),
            "bank_profile_id": session.scalars(select(BankProfile.id)).first(),
            **from_the_bank(office),
        }


def of_rules_and_machines(office: Office) -> dict[str, Any]:
    hooked, person_id = a_webhook(office), office.harbour.people[Role.FINANCE].person_id
    with office.transaction() as session:
        return {
            "scheme_id": office.harbour.scheme_id,
            "scheme_draft_id": scheme_draft_of(session, office),
            "change_id": office.propose_a_change(),
            "freeze_id": a_freeze(office),
            "api_key_id": a_key(office).id,
            "webhook_id": hooked.id,
            "webhook_delivery_id": a_delivery(office, hooked.id).id,
            "passkey_id": a_passkey_of(office, Role.FINANCE),
            "person_id": person_id,
        }


def scheme_draft_of(session, office):
    definition = newest(session, office.harbour.scheme_id).definition
    by, at = office.person(Role.PREPARER), office.service.now()
    return begin(session, definition, draft_id=new_id(), scheme_id=office.harbour.scheme_id, by=by, at=at).id


def a_freeze(office):
    """Days far off on which nothing is released."""
    by, at, change_id = office.person_with(Role.FINANCE), office.service.now(), new_id()
    facts = {"urgent_allowed": False, "change_id": change_id, "reason": "year end", "by": by, "at": at}
    with office.transaction() as session:
        freeze.propose(session, date(2027, 3, 29), date(2027, 4, 6), **facts)
    office.confirm_change(change_id)
    return change_id


def a_question(office, payroll_id):
    """The preparer asks the finance officer about a sealed payroll."""
    by, of = office.person(Role.PREPARER), office.person(Role.FINANCE).person_id
    with office.transaction() as session:
        payroll, at = get_payroll(session, payroll_id, lock=True), office.service.now()
        return query.ask(session, office.service, payroll, query_id=new_id(), of=of, question="Why?", by=by, at=at).id


def a_passkey_of(office, role):
    person = office.person(role)
    give_passkey(office, person)
    with office.transaction() as session:
        return passkeys_of(session, person.person_id)[0].id


def a_process_id(office, session):
    followed = Followed(Kind.PAYMENT, office.harbour.body_id, session.scalars(select(Payment.id).limit(1)).one())
    return process_id(office.service.seals, followed)


def first_decision(office, payroll_id):
    office.decide_all(payroll_id, upto=1)
    with office.transaction() as session:
        return decisions_of(session, payroll_id)[0].id
