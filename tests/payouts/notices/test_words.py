"""What messages say: fields filled in, texts counted as networks count them, and words that must not be sent found."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from payouts.notices.lint import LONG, Fault, WordingRefused, fragments, look
from payouts.notices.wording import NoticeWording, Place, Wordings, propose
from payouts.notices.words import RETURNS, Words, day_words, defaults, fill, of_payments, of_return, plain
from payouts.returns.reason import Reason
from schemes import change_applied
from schemes.database import new_id
from schemes.errors import NotAllowed, SamePerson
from schemes.payee import Language
from schemes.person import Role

EVENT = NoticeEvent.PAYMENT_ON_ITS_WAY
PLACE = Place(EVENT, Way.EMAIL, Language.ENGLISH)


def test_there_are_words_for_every_event_channel_and_language_and_nothing_is_wrong_with_them():
    expected = {(event, way, language) for event in NoticeEvent for way in Way for language in Language}
    # letters about changed bank details are left to people, who look at who may be behind the change
    expected -= {(NoticeEvent.DETAILS_CHANGED, Way.LETTER, language) for language in Language}
    assert defaults().keys() == expected
    faults = {key: look(key[0], key[1], words) for key, words in defaults().items()}
    assert {key: found for key, found in faults.items() if found} == {}
    for words in defaults().values():
        assert "((" not in "".join(fill(words, LONG))


def test_conditional_words_stand_only_where_their_field_holds():
    words = Words("", "Hello ((name)).((several?? There are several.)) Bye")
    assert fill(words, {"name": "Siân", "several": "yes"}).body == "Hello Siân. There are several. Bye"
    assert fill(words, {"name": "Siân", "several": ""}).body == "Hello Siân. Bye"


@pytest.mark.parametrize(
    ("subject", "body", "faults"),
    [
        ("Hi", "Dear ((nmae))", [Fault.UNKNOWN_FIELD]),
        ("", "Dear ((name))", [Fault.EMPTY]),
        ("Hi", "Dear ((name)", [Fault.BRACKETS]),
        ("Your disability payment", "Dear ((name))", [Fault.REVEALS]),
        ("Hi", "Enter your sort code here: https://example.org", [Fault.ASKS_FOR_DETAILS]),
        ("Hi", "We never ask for your bank details. See https://example.org", []),
        ("Hi", "Call us to tell us your account number", []),
        ("Hi", "Rhowch eich rhif cyfrif: www.example.org", [Fault.ASKS_FOR_DETAILS]),
    ],
)
def test_words_that_must_not_be_sent_are_found_when_they_are_entered(subject, body, faults):
    assert [found.fault for found in look(EVENT, Way.EMAIL, Words(subject, body))] == faults


def test_a_text_that_is_too_long_or_reveals_something_is_found():
    assert [f.fault for f in look(EVENT, Way.TEXT, Words("", "a" * 613))] == [Fault.TOO_LONG]
    assert look(EVENT, Way.TEXT, Words("", "a" * 612)) == []
    assert [f.fault for f in look(EVENT, Way.TEXT, Words("", "Your PIP is paid"))] == [Fault.REVEALS]
    assert [f.fault for f in look(EVENT, Way.TEXT, Words("", "ŵ" * 269))] == [Fault.TOO_LONG]


@given(st.text(alphabet=st.sampled_from("abc£€ŵ’ …"), max_size=1000))
def test_a_longer_text_never_goes_in_fewer_parts(text):
    assert fragments(text) <= fragments(text + "x")
    assert fragments(text) >= 1


def test_days_and_sums_are_told_in_the_payees_language():
    assert day_words(date(2026, 11, 25), Language.WELSH) == "Mercher 25 Tachwedd 2026"
    assert of_payments(1, 12_000, "1234", Language.ENGLISH)["payment"] == "a payment of £120.00"
    assert of_payments(3, 36_000, "1234", Language.ENGLISH)["a_payment"] == "3 payments"
    assert "o daliadau" in of_payments(3, 36_000, "1234", Language.WELSH)["payment"]
    for reason in set(Reason) - {Reason.DECEASED}:
        assert of_return(reason, Language.WELSH) != of_return(reason, Language.ENGLISH)
    assert Reason.DECEASED not in RETURNS


@given(st.text())
def test_a_name_makes_no_link_and_no_markdown(name):
    assert not set("[]()<>#*_/:@`") - {"_"} & set(plain(name))


@pytest.fixture
def start(seeded):
    return seeded


def test_other_words_count_once_a_second_person_confirmed_them_for_all_schemes_or_one(office, harbour):
    by, other, at = office.person(Role.PREPARER), office.person(Role.APPROVER), office.service.now()

    def change(place, words):
        with office.transaction() as session:
            proposed = propose(session, place, words, change_id=new_id(), reason="clearer", by=by, at=at)
            with pytest.raises((SamePerson, NotAllowed)):
                change_applied.confirm(session, proposed, by=by, at=at)
            change_applied.confirm(session, proposed, by=other, at=at)

    change(PLACE, Words("Paid", "Dear ((name))"))
    change(PLACE, Words("Paid again", "Dear ((name))"))
    change(PLACE._replace(scheme_id=harbour.scheme_id), Words("Paid by one", "Dear ((name))"))
    with office.transaction() as session:
        wordings = Wordings(session)
        assert wordings.of(PLACE)[0].subject == "Paid again"
        assert wordings.of(PLACE._replace(scheme_id=harbour.scheme_id))[0].subject == "Paid by one"
        assert wordings.of(PLACE._replace(scheme_id=new_id()))[0].subject == "Paid again"
        assert wordings.of(PLACE._replace(language=Language.WELSH))[1] is None
        assert isinstance(wordings.row(PLACE), NoticeWording)
        with pytest.raises(WordingRefused):
            propose(session, PLACE, Words("", "((x))"), change_id=new_id(), reason="x", by=by, at=at)
