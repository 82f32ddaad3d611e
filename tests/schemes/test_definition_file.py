"""A definition comes back from the file that it was written to, and a file that is none is refused path by path."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.database import new_id
from schemes.definition import definition_json
from schemes.definition_file import DEFINITION, LARGEST_FILE, read_definition
from schemes.errors import FieldsRefused, Misfit
from schemes.starting_point import StartingPoint, begin_from

HOURS = begin_from(StartingPoint.WEEKLY_HOURS, first_day=date(2026, 11, 2), bank_profile_id=new_id())


def written(**changes):
    return json.dumps({**definition_json(HOURS), **changes}).encode()


@pytest.mark.parametrize("point", StartingPoint)
def test_a_definition_comes_back_from_its_file(point):
    definition = begin_from(point, first_day=date(2026, 11, 2), bank_profile_id=new_id())
    assert read_definition(json.dumps(definition_json(definition)).encode()) == definition


def test_a_file_of_another_body_gets_an_account_of_this_one():
    profile_id = new_id()
    assert read_definition(written(bank_profile_id="theirs"), bank_profile_id=profile_id).bank_profile_id == profile_id


RULE = {"kind": "rate", "part_period": "whole"}


def component(**rule):
    return [{**definition_json(HOURS)["components"][0], "rule": {**RULE, **rule}}]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (b"", [("file", Misfit.NOT_JSON)]),
        (b"\xff\xfe", [("file", Misfit.NOT_JSON)]),
        (b"[" * 100_000, [("file", Misfit.NOT_JSON)]),
        (b" " * (LARGEST_FILE + 1), [("file", Misfit.TOO_LONG)]),
        (b"[]", [("", Misfit.NOT_AN_OBJECT)]),
        (written(name=5, pay=1), [("name", Misfit.NOT_TEXT), ("pay", Misfit.NOT_KNOWN)]),
        (written(payment_limit_pence=10.5), [("payment_limit_pence", Misfit.NOT_A_NUMBER)]),
        (written(payment_limit_pence=True), [("payment_limit_pence", Misfit.NOT_A_NUMBER)]),
        (written(payment_limit_pence=10**30), [("payment_limit_pence", Misfit.NOT_A_NUMBER)]),
        (written(gates={}), [("gates", Misfit.NOT_A_LIST)]),
        (written(bank_profile_id=None), [("bank_profile_id", Misfit.UNKNOWN)]),
        (written(schedule={**definition_json(HOURS)["schedule"], "first_day": "2026-02-30", "frequency": "daily"}),
         [("schedule.frequency", Misfit.UNKNOWN), ("schedule.first_day", Misfit.NOT_A_DATE)]),
        (written(components=component(rate_pence="14.20")), [("components.0.rule.rate_pence", Misfit.NOT_A_NUMBER)]),
        (written(components=component(bands=[{"from_units": 0}])),
         [("components.0.rule.bands.0.pence", Misfit.MISSING)]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_definition_is_refused_path_by_path(content, faults):
    with pytest.raises(FieldsRefused) as refused:
        read_definition(content)
    assert [(fault.field, fault.why) for fault in refused.value.faults] == faults


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(definition_json(HOURS))), anything)
def test_whatever_stands_in_a_field_is_read_or_refused_and_never_a_fault_of_ours(name, value):
    content = written(**{name: value})
    if any(DEFINITION(json.loads(content), "")):
        with pytest.raises(FieldsRefused):
            read_definition(content)
    else:
        assert definition_json(read_definition(content))[name] == json.loads(content)[name]
