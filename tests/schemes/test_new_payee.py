"""Payees added by hand, put right with a history, found by index, and noted about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from schemes import new_payee, note, payee_details, revision
from schemes.account import accounts_of, open_details
from schemes.audit import AuditEvent
from schemes.change import ChangeKind, waiting_of
from schemes.contact import contacts_of
from schemes.contact_value import Channel, ContactRefused
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven
from schemes.mandate import MandateRefused, mandates_of
from schemes.new_payee import HomeRefused, NewPayee, SafetyReasonNotGiven, suggested_reference
from schemes.note import NoteEmpty, notes_of
from schemes.payee import (
    Beneficiary,
    Capacity,
    Format,
    Language,
    Payee,
    PaymentMethod,
    beneficiaries_of,
    get_payee,
)
from schemes.payee_details import PersonFault, PersonRefused
from schemes.payee_search import SearchBy, find_by_account, find_payees, payees_by_reference
from schemes.person import Role
from schemes.preference import USUAL, Preference, preference_of
from schemes.seal import destroy, get_key

JO = NewPayee(reference="new-000001", name="  Jo   Bloggs ", date_of_birth=date(1980, 3, 31), capacity=Capacity.SELF)
JO2 = replace(JO, reference="NEW-000009")
MUM = replace(
    JO,
    capacity=Capacity.PARENT,
    beneficiary_reference="NEW-000002",
    beneficiary_name="Sam Bloggs",
    evidence="birth certificate",
    contacts=((Channel.EMAIL, "jo@example.com"), (Channel.LETTER, "1 High Street\nLeeds\nLS1 4DY")),
    contacts_because="the application form",
)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def add(office):
    def adding(new, *, payee_id=None, by=Role.PREPARER):
        with office.transaction() as session:
            return new_payee.add_payee(
                session,
                office.service.seals,
                payee_id=payee_id or new_id(),
                new=new,
                by=office.person(by),
                at=office.service.now(),
            )

    return adding


@pytest.fixture
def payee(office):
    with office.transaction() as session:
        return session.scalars(select(Payee).order_by(Payee.reference).limit(1)).one()


def test_whoever_gets_their_own_money_is_payee_and_beneficiary(office, add):
    payee = add(JO)
    with office.transaction() as session:
        ((beneficiary, mandate),) = beneficiaries_of(session, payee)
    assert (payee.reference, payee.name, payee.search_name) == ("NEW-000001", "Jo Bloggs", "jo bloggs")
    assert (beneficiary.reference, beneficiary.name) == (payee.reference, payee.name)
    assert mandate.capacity is Capacity.SELF


def test_somebody_who_gets_a_childs_money_is_added_with_the_child_and_both_contacts(office, add):
    payee = add(MUM)
    with office.transaction() as session:
        ((beneficiary, mandate),) = beneficiaries_of(session, payee)
        contacts = contacts_of(session, payee.id)
    assert (beneficiary.name, mandate.evidence) == ("Sam Bloggs", "birth certificate")
    assert {contact.channel for contact in contacts} == {Channel.EMAIL, Channel.LETTER}
    assert payee.email == "jo@example.com"


def test_where_a_child_lives_and_how_the_payee_wants_to_be_written_to_are_kept_at_once(office, add):
    asked = Preference(Channel.LETTER, Format.LARGE_PRINT, Language.WELSH)
    home = "flat 2\n3 Low Street\nleeds\nls1 4dz"
    with pytest.raises(HomeRefused):
        add(replace(MUM, beneficiary_home="Leeds"))
    payee = add(replace(MUM, beneficiary_home=home, preference=asked))
    with office.transaction() as session:
        ((beneficiary, _),) = beneficiaries_of(session, payee)
    assert (beneficiary.address, beneficiary.postcode) == ("flat 2\n3 Low Street\nleeds\nLS1 4DZ", "LS1 4DZ")
    assert preference_of(payee) == asked
    assert preference_of(add(JO2)) == USUAL


def test_that_only_the_post_is_safe_is_proposed_with_the_payee_and_waits_for_a_second_person(office, add):
    in_danger = replace(MUM, safe=frozenset({Channel.LETTER}))
    with pytest.raises(SafetyReasonNotGiven):
        add(in_danger)
    payee = add(replace(in_danger, safe_because="asked for it"))
    with office.transaction() as session:
        waiting = waiting_of(session, ChangeKind.SAFE_CONTACT, payee.id)
        (letter,) = (one for one in contacts_of(session, payee.id) if one.channel is Channel.LETTER)
    assert waiting.after == {"marked": True, "contacts": [str(letter.id)]}
    assert not payee.safe_contact


def test_a_form_sent_twice_adds_one_payee(office, add):
    payee_id = new_id()
    assert add(MUM, payee_id=payee_id).id == add(MUM, payee_id=payee_id).id
    with office.transaction() as session:
        assert len(mandates_of(session, payee_id)) == 1


def test_a_beneficiary_who_is_in_the_register_is_not_added_again(office, add):
    add(MUM)
    add(replace(MUM, reference="NEW-000003", name="Pat Bloggs", beneficiary_name="sam  BLOGGS", contacts=()))
    with office.transaction() as session:
        assert len(session.scalars(select(Beneficiary).where(Beneficiary.reference == "NEW-000002")).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"name": " 1 "}, "name", PersonFault.NAME),
        ({"name": "x" * 141}, "name", PersonFault.NAME_TOO_LONG),
        ({"reference": "a b"}, "reference", PersonFault.REFERENCE),
        ({"date_of_birth": date(2026, 11, 24)}, "date_of_birth", PersonFault.BORN_LATER),
        ({"date_of_birth": date(1880, 1, 1)}, "date_of_birth", PersonFault.BORN_TOO_LONG_AGO),
        ({"beneficiary_name": ""}, "beneficiary_name", PersonFault.NAME),
        ({"beneficiary_reference": ""}, "beneficiary_reference", PersonFault.REFERENCE),
        ({"beneficiary_born": date(2027, 1, 1)}, "beneficiary_born", PersonFault.BORN_LATER),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(office, add, changes, field, fault):
    with pytest.raises(PersonRefused) as refused:
        add(replace(MUM, **changes))
    assert (refused.value.field, refused.value.fault) == (field, fault)
    with office.transaction() as session:
        assert find_payees(session, "NEW-", SearchBy.REFERENCE) == []


def test_a_reference_that_is_taken_is_refused_for_payee_and_for_another_beneficiary(add):
    add(MUM)
    with pytest.raises(PersonRefused) as refused:
        add(JO)
    assert refused.value.fault is PersonFault.REFERENCE_TAKEN
    with pytest.raises(PersonRefused) as refused:
        add(replace(MUM, reference="NEW-000009", beneficiary_name="Somebody Else"))
    assert refused.value.fault is PersonFault.KNOWN_BY_ANOTHER_NAME


def test_contacts_need_to_be_right_and_to_come_from_somewhere(add):
    with pytest.raises(ContactRefused):
        add(replace(MUM, contacts=((Channel.EMAIL, "nobody"),)))
    with pytest.raises(ReasonNotGiven):
        add(replace(MUM, contacts_because=""))
    with pytest.raises(MandateRefused):
        add(replace(MUM, evidence=""))
    with pytest.raises(NotAllowed):
        add(JO, by=Role.FINANCE)


def test_the_next_reference_follows_the_highest_of_its_kind(office, add):
    with office.transaction() as session:
        highest = session.scalar(text("SELECT max(reference) FROM payee WHERE reference LIKE 'NEW-%'"))
        assert highest is None
    add(replace(JO, reference="NEW-000041"))
    with office.transaction() as session:
        assert suggested_reference(session) == "NEW-000042"
    add(replace(JO, reference="NEW-000007", name="Another"))
    with office.transaction() as session:
        assert suggested_reference(session) == "NEW-000042"


def correct(office, payee, *, name, born=None, reason="a marriage certificate", beneficiary_id=None):
    facts = {"name": name, "date_of_birth": born, "reason": reason}
    facts |= {"by": office.person(Role.PREPARER), "at": office.service.now()}
    with office.transaction() as session:
        if beneficiary_id is None:
            payee_details.correct_payee(session, office.service.seals, payee.id, **facts)
        else:
            ids = {"payee_id": payee.id, "beneficiary_id": beneficiary_id}
            payee_details.correct_beneficiary(session, office.service.seals, **ids, **facts)


def test_a_name_put_right_is_found_by_the_new_one_and_the_old_one_stands_in_the_history(office, payee):
    for _ in range(2):
        correct(office, payee, name="Zoë Married", born=date(1980, 1, 1))
    with office.transaction() as session:
        changed = get_payee(session, payee.id)
        rows = revision.revisions_of(session, office.service.seals, changed)
        found = find_payees(session, "zoë mar", SearchBy.NAME)
        facts = session.scalars(select(AuditEvent.facts).where(AuditEvent.subject_id == payee.id)).all()
    assert [each.id for each in found] == [payee.id]
    assert [(row.before, row.after) for row in rows] == [(None, "1980-01-01"), (payee.name, "Zoë Married")]
    assert facts == [{"subjects": ["name", "date_of_birth"]}]


def test_a_beneficiary_is_put_right_only_from_the_page_of_somebody_who_is_paid_for_them(office, add, payee):
    mum = add(MUM)
    with office.transaction() as session:
        ((child, _),) = beneficiaries_of(session, mum)
    correct(office, mum, name="Samuel Bloggs", beneficiary_id=child.id)
    with office.transaction() as session:
        ((child, _),) = beneficiaries_of(session, mum)
        (row,) = revision.revisions_of(session, office.service.seals, mum)
    assert child.search_name == "samuel bloggs"
    assert row.revision.beneficiary_id == child.id
    with pytest.raises(NotFound):
        correct(office, payee, name="Samuel Bloggs", beneficiary_id=child.id)


def test_a_name_is_not_put_right_without_a_reason(office, payee):
    with pytest.raises(ReasonNotGiven):
        correct(office, payee, name="Zoë", reason=" ")


def write(office, payee, words, *, note_id=None, by=Role.RELEASER):
    with office.transaction() as session:
        note.write_note(
            session,
            office.service.seals,
            note_id=note_id or new_id(),
            payee_id=payee.id,
            text=words,
            by=office.person(by),
            at=office.service.now(),
        )


def test_notes_are_sealed_read_newest_first_and_gone_with_the_persons_key(office, payee, owner):
    note_id = new_id()
    for _ in range(2):
        write(office, payee, "She called about Zebedee", note_id=note_id)
    write(office, payee, "She called again")
    with pytest.raises(NoteEmpty):
        write(office, payee, " ")
    correct(office, payee, name="Zoë Zebedee")
    with owner.connect() as connection:
        for table in ("note", "revision", "audit_event"):
            dumped = connection.scalars(text(f"SELECT t::text FROM {table} t")).all()
            assert dumped
            assert "Zebedee" not in str(dumped)
    with office.transaction() as session:
        kept = get_payee(session, payee.id)
        assert [row.text for row in notes_of(session, office.service.seals, kept)] == [
            "She called again",
            "She called about Zebedee",
        ]
        destroy(session, kept.body_id, kept.key_id, at=office.service.now())
    with office.transaction() as session:
        assert notes_of(session, office.service.seals, kept) == []
        (row,) = revision.revisions_of(session, office.service.seals, kept)
        assert (row.before, row.after) == (None, None)


def test_every_page_of_a_search_together_is_what_matches_and_nothing_else(office):
    with office.transaction() as session:
        everybody = payees_by_reference(session, limit=10_000)
        for start in {payee.search_name[:1] for payee in everybody}:
            pages, after = [], None
            while page := find_payees(session, start, SearchBy.NAME, after=after, limit=3):
                pages += page
                after = page[-1].id
            assert sorted(payee.id for payee in pages) == sorted(
                payee.id for payee in everybody if payee.search_name.startswith(start)
            )
            assert [(p.search_name, p.reference) for p in pages] == sorted((p.search_name, p.reference) for p in pages)


def test_a_payee_is_found_by_their_beneficiary(office, add):
    mum = add(MUM)
    with office.transaction() as session:
        for search, by in (("sam b", SearchBy.BENEFICIARY_NAME), ("new-000002", SearchBy.BENEFICIARY_REFERENCE)):
            assert [payee.id for payee in find_payees(session, search, by)] == [mum.id]
        assert find_payees(session, "sam b", SearchBy.NAME) == []


def test_a_payee_is_found_by_the_end_of_the_account_and_by_the_whole_of_it(office, payee):
    with office.transaction() as session:
        account = accounts_of(session, payee.id)[0]
        key = office.service.seals.open_row(get_key(session, payee.body_id, payee.key_id))
        details = open_details(key, account.id, account.sealed_details)
        ends_in = find_payees(session, account.last_four, SearchBy.LAST_FOUR)
        found = find_by_account(
            session,
            office.service.seals,
            sort_code=details.sort_code,
            account_number=details.account_number,
            roll_number=details.roll_number,
            by=office.person(Role.FINANCE),
            at=office.service.now(),
        )
    assert payee.id in {each.id for each in ends_in}
    assert payee.id in {each.id for each in found}
    with office.transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "payee.searched_by_account")).one()
        assert event.facts == {"found": len(found)}
        with pytest.raises(NotAllowed):
            find_by_account(
                session,
                office.service.seals,
                sort_code=details.sort_code,
                account_number=details.account_number,
                roll_number="",
                by=office.person(Role.PREPARER),
                at=office.service.now(),
            )


def test_a_search_is_answered_by_an_index_whatever_it_asks_for(office):
    """As the app's role, under row security: with sequential scans costed out, a plan with one has no index to use."""
    with office.transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        for statement in (
            "SELECT id FROM payee WHERE search_name >= 'a' AND search_name < 'b'",
            "SELECT id FROM beneficiary WHERE search_name >= 'a' AND search_name < 'b'",
            "SELECT id FROM beneficiary WHERE reference >= 'a' AND reference < 'b'",
            "SELECT payee_id FROM account WHERE last_four = '1234'",
        ):
            plan = "\n".join(session.scalars(text(f"EXPLAIN {statement}")))
            column = statement.split("WHERE ")[1].split()[0]
            condition = [line for line in plan.splitlines() if "Index Cond" in line]
            assert any(column in line for line in condition), plan
            assert "Seq Scan" not in plan


def test_a_payee_without_an_account_can_be_added(add):
    assert add(replace(JO, payment_method=PaymentMethod.ADDRESS_ONLY)).payment_method is PaymentMethod.ADDRESS_ONLY
