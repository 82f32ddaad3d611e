"""How alike two payees are: pure, so tried with whatever a register may hold."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.database import new_id
from schemes.duplicates.likeness import Compared, Fact, Likelihood, compare, keys_of, words_of

ONE, OTHER = b"1" * 32, b"2" * 32
BORN = date(1961, 4, 12)


def somebody(name="Mary Jane Watson", **facts):
    return Compared(new_id(), name, facts.pop("email", None), facts.pop("account", None), **facts)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"account": ONE}, {"account": ONE}, Likelihood.LIKELY),
        ({"account": ONE}, {"account": ONE, "name": "Watson, Mary Jane"}, Likelihood.LIKELY),
        ({"account": ONE}, {"account": ONE, "name": "Mrs M J Watson"}, Likelihood.LIKELY),
        ({"account": ONE}, {"account": ONE, "name": "Peter Parker"}, Likelihood.POSSIBLE),
        ({"account": ONE, "birth": BORN}, {"account": ONE, "birth": date(1988, 1, 1)}, Likelihood.POSSIBLE),
        ({"birth": BORN}, {"birth": BORN, "name": "Mary Jane Wattson"}, Likelihood.LIKELY),
        ({"birth": BORN}, {"birth": date(1961, 4, 13)}, None),
        ({"birth": BORN, "postcode": "PL1 1AA"}, {"birth": BORN, "postcode": "pl11aa", "name": "M Watson"}, None),
        ({"postcode": "PL1 1AA"}, {"postcode": "pl11aa"}, Likelihood.LIKELY),
        ({"email": "mj@example.org"}, {"email": "MJ@example.org"}, Likelihood.POSSIBLE),
        ({"email": "mj@example.org"}, {"email": "MJ@example.org", "name": "Peter Parker"}, None),
        ({}, {}, Likelihood.POSSIBLE),
        ({"account": ONE}, {"account": OTHER}, Likelihood.POSSIBLE),
        ({"email": "a@example.org"}, {"email": "b@example.org"}, None),
        ({}, {"name": "Mary Watson"}, None),
    ],
)
def test_what_the_evidence_amounts_to(mine, theirs, expected):
    assert compare(somebody(**mine), somebody(**theirs)).likelihood is expected


@pytest.mark.parametrize(
    "name", ["Dr. José  Núñez-O’Hara", "JOSE NUNEZ OHARA", "ohara, jose nunez", "Jose Nuñez O'Hara"]
)
def test_accents_titles_order_and_hyphens_make_no_other_name(name):
    assert words_of(name) == ["jose", "nunez", "ohara"]


def test_somebody_who_is_called_only_by_a_title_still_has_a_name():
    assert words_of("Sir") == ["sir"]


people = st.builds(
    somebody,
    name=st.text(min_size=1, max_size=30),
    email=st.none() | st.sampled_from(["a@example.org", "A@EXAMPLE.ORG", "b@example.org"]),
    account=st.none() | st.sampled_from([ONE, OTHER]),
    birth=st.none() | st.sampled_from([BORN, date(1990, 2, 3)]),
    postcode=st.none() | st.sampled_from(["PL1 1AA", "pl11aa", "EX1 2BB", " "]),
)


@given(people, people)
def test_it_makes_no_difference_who_is_asked_about_first(first, second):
    assert compare(first, second) == compare(second, first)


@given(people)
def test_nobody_is_different_from_themselves_in_anything(person):
    evidence = compare(person, person)
    assert evidence.different == ()
    assert evidence.name in (0, 100)


@given(people, people)
def test_whoever_has_something_in_common_shares_the_key_of_it(first, second):
    same = compare(first, second).same
    shared = {key[0] for key in set(keys_of(first)) & set(keys_of(second))}
    assert {Fact.ACCOUNT, Fact.EMAIL} & set(same) <= shared
    if words_of(first.name) == words_of(second.name) != []:
        assert set(same) <= shared
