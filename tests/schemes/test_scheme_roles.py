"""Roles for some schemes only: what belongs to another scheme is refused, what belongs to none is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from payouts import cancelling
from payouts.channels import download, submission
from payouts.checks import acceptance, finding
from payouts.files import sealing
from payouts.gates.decision import decisions_of
from payouts.payroll import create_payroll, get_payroll, rebuild
from schemes.database import new_id
from schemes.errors import NotAllowed
from schemes.imports import register_import
from schemes.imports.register_import import RegisterImport
from schemes.person import PER_SCHEME, Membership, Role, names, people
from schemes.sign_in import memberships


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def elsewhere(harbour):
    """The people, each with their role for another scheme only."""
    other = new_id()
    return {role: replace(harbour.people[role], limits=frozenset({(role, other)})) for role in PER_SCHEME}


ACTS = {
    "create a payroll": lambda o, s, p, who: create_payroll(
        s, o.service.calendar, payroll_id=new_id(), scheme_id=p.scheme_id, pay_date=p.pay_date,
        by=who[Role.PREPARER], at=o.service.now(),
    ),
    "build it again": lambda o, s, p, who: rebuild(s, p, by=who[Role.PREPARER], at=o.service.now()),
    "cancel it": lambda o, s, p, who: cancelling.cancel(
        s, p, by=who[Role.PREPARER], reason="a", at=o.service.now()
    ),
    "accept a finding": lambda o, s, p, who: acceptance.accept(
        s, p, finding.Kind.UNUSUALLY_LARGE, reason="a", by=who[Role.FINANCE], at=o.service.now()
    ),
    "ask for the files": lambda o, s, p, who: sealing.ask_for_files(s, p, by=who[Role.PREPARER], at=o.service.now()),
    "decide at the first gate": lambda o, s, p, who: o.decide_in(s, p.id, 1, by=who[Role.PREPARER]),
    "decide at the third gate": lambda o, s, p, who: o.decide_in(s, p.id, 3, by=who[Role.APPROVER]),
    "download a file": lambda o, s, p, who: download.download(
        s, o.service.seals, p, new_id(), by=who[Role.RELEASER], at=o.service.now()
    ),
    "record the submission": lambda o, s, p, who: submission.record_submission(
        s, p, reference="a", submitted_at=o.service.now(), by=who[Role.RELEASER], at=o.service.now()
    ),
    "bring in a file": lambda o, s, p, who: register_import.begin(
        s, o.service.seals, import_id=new_id(), scheme_id=p.scheme_id, file_name="a.csv", content=b"a",
        by=who[Role.PREPARER], at=o.service.now(),
    ),
    "keep a file's rows": lambda o, s, p, who: register_import.keep(
        s, s.scalars(select(RegisterImport)).first(), by=who[Role.PREPARER], at=o.service.now()
    ),
    "discard a file": lambda o, s, p, who: register_import.discard(
        s, s.scalars(select(RegisterImport)).first(), by=who[Role.PREPARER], at=o.service.now()
    ),
    "confirm a file": lambda o, s, p, who: register_import.confirm(
        s, o.service.calendar, s.scalars(select(RegisterImport)).first(), by=who[Role.FINANCE], at=o.service.now()
    ),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_a_role_for_another_scheme_does_not_reach_into_this_one(act, office, sealed, elsewhere):
    with office.transaction() as session, pytest.raises(NotAllowed):
        act(office, session, get_payroll(session, sealed.payroll_id), elsewhere)


def test_a_role_for_this_scheme_is_enough(office, sealed, harbour):
    approver = harbour.people[Role.PREPARER]
    here = replace(approver, limits=frozenset({(Role.PREPARER, harbour.scheme_id)}))
    office.decide(sealed.payroll_id, 1, by=here)
    with office.transaction() as session:
        assert [decision.person_id for decision in decisions_of(session, sealed.payroll_id)] == [here.person_id]


def test_what_belongs_to_no_scheme_is_open_to_the_role_in_any(harbour):
    limited = replace(harbour.people[Role.PREPARER], limits=frozenset({(Role.PREPARER, new_id())}))
    limited.must_be(Role.PREPARER)
    with pytest.raises(NotAllowed):
        limited.must_be(Role.PREPARER, scheme=harbour.scheme_id)


def test_a_limit_on_one_role_leaves_another_alone(harbour):
    both = replace(
        harbour.people[Role.PREPARER],
        roles=frozenset({Role.PREPARER, Role.RELEASER}),
        limits=frozenset({(Role.PREPARER, new_id())}),
    )
    assert both.holds(Role.RELEASER, harbour.scheme_id)
    assert not both.holds(Role.PREPARER, harbour.scheme_id)


def test_a_scheme_named_beside_a_role_is_what_signing_in_gives(service, owner, harbour):
    """Read as the service reads it at each request, from rows as they are kept."""
    person = harbour.people[Role.PREPARER]
    with owner.begin() as connection:
        connection.execute(
            update(Membership).where(Membership.person_id == person.person_id).values(scheme_id=harbour.scheme_id)
        )
    with service.transaction(None) as session:
        (body,) = memberships(session, person.person_id)
    assert body.limits == {(Role.PREPARER, harbour.scheme_id)}
    with service.transaction(harbour.body_id) as session:
        named = {found.id: roles for found, roles in people(session, scheme_id=harbour.scheme_id)}
        elsewhere = {found.id for found, _ in people(session, scheme_id=new_id())}
    assert named[person.person_id] == [Role.PREPARER]
    assert person.person_id not in elsewhere
    assert harbour.people[Role.FINANCE].person_id in elsewhere


def test_a_role_that_ended_is_held_no_more_and_the_name_stays(service, owner, harbour, clock):
    person = harbour.people[Role.PREPARER]
    with owner.begin() as connection:
        connection.execute(update(Membership).where(Membership.person_id == person.person_id).values(ended_at=clock()))
    with service.transaction(None) as session:
        assert memberships(session, person.person_id) == []
    with service.transaction(harbour.body_id) as session:
        assert person.person_id not in {found.id for found, _ in people(session)}
        assert names(session)[person.person_id] == person.name
