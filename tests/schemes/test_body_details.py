"""What a body sets about itself: one administrator for what it looks like, two people for how long it keeps records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from schemes import change_applied
from schemes.audit import AuditEvent
from schemes.body import get_body
from schemes.body_details import NameMissing, propose_retention, set_details
from schemes.colour import BLACK, WHITE, ColourFault, ColourRefused, contrast, read_colour, text_on
from schemes.contact_value import ContactRefused
from schemes.database import new_id
from schemes.errors import NotAllowed, OutOfRange
from schemes.person import Role

DETAILS = {
    "name": "Harbour  Fund ",
    "colour": "005EA5",
    "contact_email": "pay@harbour.example",
    "contact_phone": "01632 960001",
}


@pytest.fixture
def change(office):
    def changing(*, by=Role.ADMINISTRATOR, **changes):
        with office.transaction() as session:
            return set_details(session, **DETAILS | changes, by=office.person(by), at=office.service.now())

    return changing


def events(office, action):
    with office.transaction() as session:
        return [event.facts for event in session.scalars(select(AuditEvent).where(AuditEvent.action == action))]


def test_an_administrator_changes_the_details_and_the_trail_says_which(office, change):
    change()
    with office.transaction() as session:
        body = get_body(session)
    assert (body.name, body.colour, body.contact_phone) == ("Harbour Fund", "#005ea5", "+441632960001")
    change(contact_phone="")
    change(contact_phone="")
    assert events(office, "body.details_set") == [
        {"changed": ["name", "colour", "contact_email", "contact_phone"]},
        {"changed": ["contact_phone"]},
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_changes_them(change, role):
    with pytest.raises(NotAllowed):
        change(by=role)


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"name": " "}, NameMissing),
        ({"name": "x" * 101}, NameMissing),
        ({"colour": "teal"}, ColourRefused),
        ({"colour": "#ffdd00"}, ColourRefused),
        ({"contact_email": "harbour.example"}, ContactRefused),
        ({"contact_phone": "12"}, ContactRefused),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_changed(office, change, wrong, refused):
    with pytest.raises(refused):
        change(**wrong)
    assert events(office, "body.details_set") == []


@pytest.mark.parametrize(
    ("typed", "kept"), [("#00625E", "#00625e"), (" 00625e ", "#00625e"), ("#006", "#000066"), ("1d70b8", "#1d70b8")]
)
def test_a_colour_is_kept_as_six_digits(typed, kept):
    assert read_colour(typed) == kept


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", ColourFault.NOT_A_COLOUR),
        ("#12345", ColourFault.NOT_A_COLOUR),
        ("#00625g", ColourFault.NOT_A_COLOUR),
        ("#ffffff", ColourFault.TOO_PALE),
        ("#ffdd00", ColourFault.TOO_PALE),
        # 4.44 to 1 on white and on the black of the pages: just under what text needs
        ("#787878", ColourFault.UNREADABLE),
    ],
)
def test_a_colour_on_which_somebody_could_not_read_is_refused(typed, fault):
    with pytest.raises(ColourRefused) as refused:
        read_colour(typed)
    assert refused.value.fault is fault


def test_contrast_is_that_of_wcag():
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("ffffff", "ffffff") == 1


@given(st.integers(0, 0xFFFFFF))
def test_whatever_colour_is_taken_its_text_and_its_lines_can_be_seen(number):
    digits = f"{number:06x}"
    try:
        read_colour(digits)
    except ColourRefused:
        assert contrast(digits, WHITE) < 3 or max(contrast(digits, WHITE), contrast(digits, BLACK)) < 4.5
    else:
        assert contrast(digits, text_on(digits)) >= 4.5
        assert contrast(digits, WHITE) >= 3


def test_how_long_records_are_kept_takes_two_people(office):
    ada, other, at = office.person(Role.ADMINISTRATOR), office.person(Role.APPROVER), office.service.now()
    with office.transaction() as session:
        assert get_body(session).retention_years == 6
        proposed = propose_retention(session, 10, change_id=new_id(), reason="Grant rules", by=ada, at=at)
        assert get_body(session).retention_years == 6
        change_applied.confirm(session, proposed, by=other, at=at)
        assert get_body(session).retention_years == 10
    assert events(office, "body.retention_set") == [{"years": 10}]


@pytest.mark.parametrize("years", [0, 31, -1])
def test_records_are_kept_for_a_year_at_least_and_not_for_ever(office, years):
    by, at = office.person(Role.ADMINISTRATOR), office.service.now()
    with pytest.raises(OutOfRange), office.transaction() as session:
        propose_retention(session, years, change_id=new_id(), reason="x", by=by, at=at)
