"""A scheme's settings for the checks: stricter at will, never below the floor, by two people, for later payrolls."""

from __future__ import annotations

import pytest

from schemes.check_settings import (
    BETWEEN,
    USUAL,
    WEIGHTS,
    Check,
    CheckSettings,
    Thresholds,
    Weight,
    propose,
    settings_at,
    settings_from,
    settings_json,
)
from schemes.database import new_id
from schemes.errors import FieldsRefused
from schemes.person import Role


@pytest.fixture
def start(seeded):
    return seeded


def test_settings_come_back_as_they_were_written():
    settings = CheckSettings({Check.FIRST_PAYMENT: Weight.BLOCK}, Thresholds(change_percent=5))
    read = settings_from(settings_json(settings))
    assert settings_json(read) == settings_json(settings)
    assert settings_from({}) == USUAL


@pytest.mark.parametrize("check", [check for check in Check if WEIGHTS[check].least is not Weight.NOTE])
def test_what_protects_from_paying_twice_or_blindly_cannot_be_made_a_note(check):
    with pytest.raises(FieldsRefused) as refused:
        settings_from({"weights": {check.value: "note"}})
    assert [fault.field for fault in refused.value.faults] == [f"weights.{check.value}"]


@pytest.mark.parametrize("name", BETWEEN)
def test_a_threshold_out_of_its_range_is_refused_with_the_range(name):
    for value in (BETWEEN[name][0] - 1, BETWEEN[name][1] + 1, "5", None):
        with pytest.raises(FieldsRefused) as refused:
            settings_from({"thresholds": {name: value}})
        assert refused.value.faults[0].facts == BETWEEN[name]


@pytest.mark.parametrize("kept", [{"weights": {"modulus_failed": "note"}}, {"weight": {}}, {"thresholds": []}])
def test_what_is_no_setting_is_refused_and_not_passed_over(kept):
    with pytest.raises(FieldsRefused):
        settings_from(kept)


def test_settings_count_from_the_instant_at_which_a_second_person_confirms_them(office, clock):
    before = clock()
    finance = office.person(Role.FINANCE)
    with office.transaction() as session:
        wanted = CheckSettings({Check.ARREARS: Weight.NOTE}, Thresholds(total_percent=5))
        scheme_id, at = office.harbour.scheme_id, clock()
        change_id = propose(session, scheme_id, wanted, change_id=new_id(), reason="fewer", by=finance, at=at).id
        assert settings_at(session, scheme_id) == USUAL
    clock.advance(minutes=1)
    office.confirm_change(change_id, by=office.person(Role.APPROVER))
    with office.transaction() as session:
        assert settings_at(session, office.harbour.scheme_id, before) == USUAL
        now = settings_at(session, office.harbour.scheme_id, clock())
    assert (now.number, now.weight(Check.ARREARS), now.thresholds.total_percent) == (1, Weight.NOTE, 5)
