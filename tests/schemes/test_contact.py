"""How a payee is reached: contacts come and end, none is overwritten, and a safe contact is the only one used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from schemes import contact, preference, revision, safe_contact_change
from schemes.audit import AuditEvent
from schemes.change import NothingToChange
from schemes.contact import ContactKnown, contacts_of, contacts_to_tell
from schemes.contact_value import Channel, ContactFault, ContactRefused, read_contact
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, ReasonNotGiven, SamePerson
from schemes.payee import Format, Language, Payee, get_payee
from schemes.person import Role
from schemes.preference import Preference, preference_of
from tests.contacting import mark_safe


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee(office):
    """A payee with an email address."""
    with office.transaction() as session:
        return session.scalars(select(Payee).where(Payee.email.is_not(None)).order_by(Payee.reference).limit(1)).one()


@pytest.fixture
def add(office, payee):
    def adding(channel, typed, *, contact_id=None, because="the form of 5 January", by=Role.PREPARER):
        with office.transaction() as session:
            return contact.add_contact(
                session,
                contact_id=contact_id or new_id(),
                payee_id=payee.id,
                channel=channel,
                typed=typed,
                because=because,
                by=office.person(by),
                at=office.service.now(),
            )

    return adding


@pytest.fixture
def end(office, payee):
    def ending(ended, *, because="it came back", by=None):
        with office.transaction() as session:
            return contact.end_contact(
                session,
                payee_id=payee.id,
                contact_id=ended.id,
                because=because,
                by=by or office.person(Role.PREPARER),
                at=office.service.now(),
            )

    return ending


@pytest.fixture
def mark(office, payee):
    def marking(*safe, marked=True, reason="she asked for it"):
        mark_safe(office, payee.id, {known.id for known in safe}, marked=marked, reason=reason)

    return marking


@pytest.fixture
def now_reached_by(office, payee):
    """Where notices go now."""

    def asked():
        with office.transaction() as session:
            return get_payee(session, payee.id).email

    return asked


@pytest.fixture
def told(office, payee):
    """Where the payee is told of a change of bank details."""

    def asked():
        with office.transaction() as session:
            held = contacts_to_tell(session, get_payee(session, payee.id), held_within_days=90, at=office.service.now())
        return [known.value for known in held]

    return asked


def test_an_address_that_came_in_a_file_is_a_contact_held_since_then(office, payee):
    with office.transaction() as session:
        (known,) = contacts_of(session, payee.id)
        count = session.scalar(text("SELECT count(*) FROM contact"))
        emails = session.scalar(text("SELECT count(email) FROM payee"))
    assert (known.channel, known.value, known.held_since) == (Channel.EMAIL, payee.email, payee.made_at)
    assert known.added_because is None
    assert count == emails > 20


def test_the_newest_address_gets_the_notices_and_when_it_ends_the_one_before_does(payee, add, end, now_reached_by):
    newer = add(Channel.EMAIL, " new@example.com ")
    assert now_reached_by() == "new@example.com"
    end(newer)
    assert now_reached_by() == payee.email


def test_a_contact_that_ended_is_kept_with_who_ended_it_and_why(office, payee, add, end):
    known = end(add(Channel.TEXT, "07700 900982"))
    assert (known.value, known.ended_by, known.ended_because) == (
        "+447700900982",
        office.person(Role.PREPARER).person_id,
        "it came back",
    )


def test_a_form_sent_twice_adds_one_contact_and_ends_it_once(office, payee, add, end):
    contact_id = new_id()
    first, second = (add(Channel.PHONE, "01632 960001", contact_id=contact_id) for _ in range(2))
    assert first.id == second.id
    end(first)
    assert end(first).ended_at is not None
    with office.transaction() as session:
        assert len(contacts_of(session, payee.id)) == 2


def test_the_same_contact_is_not_kept_twice_unless_the_first_has_ended(add, end):
    first = add(Channel.TEXT, "07700 900982")
    with pytest.raises(ContactKnown):
        add(Channel.TEXT, "+44 (0)7700 900 982")
    end(first)
    assert add(Channel.TEXT, "0044 7700 900982").value == first.value


def test_a_contact_needs_to_be_told_where_it_comes_from_and_why_it_ends(add, end):
    with pytest.raises(ReasonNotGiven):
        add(Channel.EMAIL, "new@example.com", because=" ")
    known = add(Channel.EMAIL, "new@example.com")
    with pytest.raises(ReasonNotGiven):
        end(known, because="")


def test_a_second_person_does_not_end_a_contact_again(office, add, end):
    known = end(add(Channel.EMAIL, "new@example.com"))
    with pytest.raises(NotNow):
        end(known, by=office.person_with(Role.PREPARER))


def test_only_a_preparer_changes_contacts(add):
    with pytest.raises(NotAllowed):
        add(Channel.EMAIL, "new@example.com", by=Role.FINANCE)


def test_a_contact_of_another_payee_is_not_found(office, payee, add):
    known = add(Channel.EMAIL, "new@example.com")
    with office.transaction() as session:
        other = session.scalars(select(Payee.id).where(Payee.id != payee.id).limit(1)).one()
        with pytest.raises(NotFound):
            contact.get_contact(session, other, known.id)


def test_what_a_contact_says_is_never_overwritten(office, add):
    known = add(Channel.EMAIL, "new@example.com")
    with pytest.raises(ProgrammingError, match="permission denied"), office.transaction() as session:
        session.execute(text("UPDATE contact SET value = 'mine@example.com' WHERE id = :id"), {"id": known.id})


def test_a_change_of_bank_details_is_told_on_every_contact_of_the_last_90_days(payee, add, end, told, clock):
    mobile = add(Channel.TEXT, "07700 900982")
    clock.advance(days=1)
    end(mobile)
    clock.advance(days=90)
    assert told() == ["+447700900982", payee.email]
    clock.advance(days=1)
    assert told() == [payee.email]


def test_a_person_marked_safe_contact_is_told_nowhere_else(payee, add, end, mark, told, now_reached_by):
    safe = add(Channel.EMAIL, "safe@example.com")
    add(Channel.EMAIL, "shared@example.com")
    mark(safe)
    assert told() == ["safe@example.com"]
    assert now_reached_by() == "safe@example.com"
    add(Channel.EMAIL, "newest@example.com")
    assert now_reached_by() == "safe@example.com", "a contact is not safe until somebody says so"
    end(safe)
    assert told() == []
    assert now_reached_by() is None
    mark(marked=False)
    assert now_reached_by() == "newest@example.com"


def test_the_history_tells_what_was_marked_safe_and_the_trail_tells_no_address(office, payee, add, mark):
    safe = add(Channel.EMAIL, "safe@example.com")
    mark(safe)
    with pytest.raises(NothingToChange):
        mark(safe)
    mark(marked=False)
    with office.transaction() as session:
        rows = revision.revisions_of(session, office.service.seals, get_payee(session, payee.id))
        trail = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == payee.id)).all()
    assert [(row.before, row.after) for row in rows] == [(["safe@example.com"], None), (None, ["safe@example.com"])]
    assert {row.revision.revised_by for row in rows} == {office.person(Role.PREPARER).person_id}
    assert [event.action for event in trail] == ["contact.added", "safe_contact.marked", "safe_contact.lifted"]
    assert "safe@example.com" not in str([event.facts for event in trail])


def test_nobody_silences_a_payees_contacts_alone(office, payee, add, told):
    both = office.person_with(Role.PREPARER, Role.FINANCE)
    facts = {"change_id": new_id(), "marked": True, "contact_ids": (), "reason": "she asked", "by": both}
    with office.transaction() as session:
        made = safe_contact_change.propose(session, payee.id, **facts, at=office.service.now())
    assert told() == [payee.email], "a proposal alone changes nothing"
    with pytest.raises(SamePerson):
        office.confirm_change(made.id, by=both)
    known = add(Channel.EMAIL, "new@example.com")
    office.confirm_change(made.id)
    assert told() == []
    with office.transaction() as session:
        assert not contact.get_contact(session, payee.id, known.id).is_safe


def test_what_a_payee_prefers_is_kept_with_what_it_was_before(office, payee):
    wanted = Preference(Channel.LETTER, Format.LARGE_PRINT, Language.WELSH)
    for _ in range(2):
        with office.transaction() as session:
            by, at = office.person(Role.PREPARER), office.service.now()
            preference.set_preference(session, office.service.seals, payee.id, wanted, reason="", by=by, at=at)
    with office.transaction() as session:
        kept = get_payee(session, payee.id)
        (row,) = revision.revisions_of(session, office.service.seals, kept)
    assert preference_of(kept) == wanted
    assert (row.before["format"], row.after["format"]) == ("standard", "large_print")


@pytest.mark.parametrize(
    ("channel", "typed", "kept"),
    [
        (Channel.TEXT, "07700900982", "+447700900982"),
        (Channel.TEXT, "07624 123456", "+447624123456"),
        (Channel.TEXT, "+33 6 12 34 56 78", "+33612345678"),
        (Channel.PHONE, "(01632) 960 001", "+441632960001"),
        (Channel.PHONE, "+44 (0)20 7946 0958", "+442079460958"),
        (Channel.EMAIL, " a.b@example.co.uk", "a.b@example.co.uk"),
        (Channel.LETTER, "1 High Street,\n\n Leeds \nls1 4dy\n", "1 High Street\nLeeds\nLS1 4DY"),
        (Channel.LETTER, "1 Main Street\nDublin\nIreland", "1 Main Street\nDublin\nIreland"),
    ],
)
def test_a_contact_is_kept_in_one_form_however_it_is_typed(channel, typed, kept):
    assert read_contact(channel, typed).value == kept


def test_the_postcode_of_an_address_stands_by_itself_too():
    assert read_contact(Channel.LETTER, "1 High Street\nLeeds\nLS14DY").postcode == "LS1 4DY"
    assert read_contact(Channel.LETTER, "1 Main Street\nDublin").postcode is None


@pytest.mark.parametrize(
    ("channel", "typed", "fault"),
    [
        (Channel.EMAIL, "nobody", ContactFault.EMAIL),
        (Channel.EMAIL, f"{'a' * 250}@example.com", ContactFault.EMAIL),
        (Channel.TEXT, "01632 960001", ContactFault.MOBILE),
        (Channel.TEXT, "070 1234 5678", ContactFault.MOBILE),
        (Channel.TEXT, "O77OO 9OO982", ContactFault.MOBILE),
        (Channel.EMAIL, "ann@example", ContactFault.EMAIL),
        (Channel.PHONE, "960001", ContactFault.PHONE),
        (Channel.PHONE, "+44 1632 960001 ext 5", ContactFault.PHONE),
        (Channel.LETTER, "LS1 4DY", ContactFault.ADDRESS),
        (Channel.LETTER, "\n".join("abcdefgh"), ContactFault.ADDRESS_LINES),
    ],
)
def test_a_contact_on_which_nobody_could_be_reached_is_refused(channel, typed, fault):
    with pytest.raises(ContactRefused) as refused:
        read_contact(channel, typed)
    assert refused.value.fault is fault


@given(channel=st.sampled_from(Channel), typed=st.text())
def test_what_was_kept_is_read_the_same_again(channel, typed):
    try:
        read = read_contact(channel, typed)
    except ContactRefused:
        return
    assert read_contact(channel, read.value) == read
