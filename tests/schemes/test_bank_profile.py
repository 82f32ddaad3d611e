"""Bank profiles: changed by two people, never under an open payroll, with serials that go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bacs.standard18 import read_submission
from payouts.files.payment_file import files_of
from payouts.payroll import get_payroll
from schemes import bank_profile_change, change_applied
from schemes.bank_profile import BankProfile, bank_profiles, newest_profile, open_account, versions_of
from schemes.bank_profile_change import AccountNotSeen, ProfileFault, ProfileRefused, Terms
from schemes.change import Change, NothingToChange, get_change
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, SamePerson
from schemes.file_naming import FIRST_PATTERN, example_name, fits, name_for
from schemes.person import Role

TERMS = Terms(
    name="Main account",
    account_name="HARBOUR FUND",
    service_user_name="HARBOUR FUND",
    service_user_number="000000",
    bureau_number="",
    cut_off=time(21, 0),
    item_limit_pence=2_000_000_00,
    file_limit_pence=10_000_000_00,
    items_per_file=50_000,
    file_naming=FIRST_PATTERN,
)
OTHER = ("20-29-59", "63748472")


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def line_id(office):
    with office.transaction() as session:
        return bank_profiles(session)[0].line_id


def propose(office, line_id, *, account=None, by=None, change_id=None, **terms):
    with office.transaction() as session:
        return bank_profile_change.propose(
            session,
            office.service.seals,
            replace(TERMS, **terms),
            account=account,
            change_id=change_id or new_id(),
            line_id=line_id,
            reason="The bank says so",
            by=by or office.person(Role.ADMINISTRATOR),
            at=office.service.now(),
        ).id


def confirm(office, change_id, *, by=Role.FINANCE):
    with office.transaction() as session:
        waiting, at = get_change(session, change_id, lock=True), office.service.now()
        bank_profile_change.see_account(session, office.service.seals, waiting, by=office.person(by), at=at)
        change_applied.confirm(session, waiting, by=office.person(by), at=at)


def test_a_change_counts_once_confirmed_and_leaves_the_version_before_as_it_was(office, line_id):
    change_id = propose(office, line_id, cut_off=time(17, 0), account=OTHER)
    with office.transaction() as session:
        assert newest_profile(session, line_id).cut_off == time(21, 0)
    confirm(office, change_id)
    with office.transaction() as session:
        newest, first = versions_of(session, line_id)
        assert (newest.version, newest.cut_off, first.cut_off) == (2, time(17, 0), time(21, 0))
        opened = [open_account(session, office.service.seals, each) for each in (newest, first)]
        assert newest_profile(session, newest.id).id == newest.id, "any version's id names the line"
        assert len(bank_profiles(session)) == 1
    assert opened == [("202959", "63748472"), ("089999", "66374958")]


def test_an_account_that_is_not_typed_again_is_kept(office, line_id):
    confirm(office, propose(office, line_id, name="Grants"))
    with office.transaction() as session:
        newest = newest_profile(session, line_id)
        assert open_account(session, office.service.seals, newest).account_number == "66374958"


def test_the_facts_of_a_proposal_hold_no_account(office, line_id):
    propose(office, line_id, account=OTHER)
    with office.transaction() as session:
        told = str(session.scalars(select(Change.after)).one())
    assert "63748472" not in told
    assert "'last_four': '8472'" in told
    assert "'same_account': False" in told


def test_another_account_with_the_same_last_digits_is_told_as_another(office, line_id):
    """20-29-59 11104958 passes the check too, and ends like the one there is."""
    change_id = propose(office, line_id, account=("000000", "11104958"))
    with office.transaction() as session:
        assert get_change(session, change_id).after["same_account"] is False


def test_a_second_profile_is_added_by_two_people_and_unknown_until_then(office):
    new_line = new_id()
    change_id = propose(office, new_line, account=OTHER, name="Grants")
    with office.transaction() as session:
        assert [profile.name for profile in bank_profiles(session)] == ["Main account"]
        with pytest.raises(NotFound):
            newest_profile(session, new_line)
    confirm(office, change_id)
    with office.transaction() as session:
        assert [profile.name for profile in bank_profiles(session)] == ["Grants", "Main account"]


def test_another_account_is_confirmed_only_by_somebody_who_looked_at_the_whole_number(office, line_id):
    change_id = propose(office, line_id, account=OTHER)
    finance, approver, at = office.person(Role.FINANCE), office.person(Role.APPROVER), office.service.now()
    with office.transaction() as session:
        waiting = get_change(session, change_id, lock=True)
        seen = bank_profile_change.see_account(session, office.service.seals, waiting, by=finance, at=at)
        assert seen.account_number == OTHER[1]
        with pytest.raises(NotAllowed):
            bank_profile_change.see_account(
                session, office.service.seals, waiting, by=office.person(Role.PREPARER), at=at
            )
    with pytest.raises(AccountNotSeen), office.transaction() as session:
        change_applied.confirm(session, get_change(session, change_id, lock=True), by=approver, at=at)
    with office.transaction() as session:
        change_applied.confirm(session, get_change(session, change_id, lock=True), by=finance, at=at)
        assert newest_profile(session, line_id).last_four == OTHER[1][-4:]


def test_one_person_never_does_both_and_only_an_administrator_proposes(office, line_id):
    with pytest.raises(NotAllowed):
        propose(office, line_id, name="Grants", by=office.person(Role.FINANCE))
    both = office.person_with(Role.ADMINISTRATOR, Role.FINANCE)
    change_id = propose(office, line_id, name="Grants", by=both)
    with pytest.raises(SamePerson), office.transaction() as session:
        change_applied.confirm(session, get_change(session, change_id, lock=True), by=both, at=office.service.now())


def test_a_rejected_version_never_counts_and_the_next_one_can(office, line_id):
    rejected = propose(office, line_id, name="Wrong")
    with office.transaction() as session:
        waiting = get_change(session, rejected, lock=True)
        by, at = office.person(Role.FINANCE), office.service.now()
        change_applied.reject(session, waiting, reason="no", by=by, at=at)
    confirm(office, propose(office, line_id, name="Right"))
    with office.transaction() as session:
        assert [version.name for version in versions_of(session, line_id)] == ["Right", "Main account"]


def test_a_proposal_sent_twice_is_one_and_what_is_there_is_nothing_to_change(office, line_id):
    change_id = new_id()
    for _ in range(2):
        propose(office, line_id, name="Grants", change_id=change_id)
    with office.transaction() as session:
        assert len(session.scalars(select(BankProfile.id)).all()) == 2
    with pytest.raises(NothingToChange):
        propose(office, line_id, account=("08 99 99", "66374958"))


@pytest.mark.parametrize(
    ("wrong", "field", "fault"),
    [
        ({"name": " "}, "name", ProfileFault.NAME),
        ({"account_name": "The Harbour Independent Fund"}, "account_name", ProfileFault.WIRE_NAME),
        ({"service_user_name": "?"}, "service_user_name", ProfileFault.WIRE_NAME),
        ({"bureau_number": "B1234"}, "bureau_number", ProfileFault.BUREAU_NUMBER),
        ({"cut_off": time(22, 31)}, "cut_off", ProfileFault.CUT_OFF),
        ({"item_limit_pence": 20_000_000_01}, "item_limit_pence", ProfileFault.ITEM_LIMIT),
        ({"item_limit_pence": 0}, "item_limit_pence", ProfileFault.ITEM_LIMIT),
        ({"file_limit_pence": 1_999_999_99}, "file_limit_pence", ProfileFault.FILE_LIMIT),
        ({"items_per_file": 0}, "items_per_file", ProfileFault.ITEMS_PER_FILE),
        ({"file_naming": "../{serial}"}, "file_naming", ProfileFault.FILE_NAMING),
        ({"account": ("20-29-59", "63748473")}, "account_number", ProfileFault.MODULUS),
        ({"account": ("20-29", "63748472")}, "account_number", ProfileFault.ACCOUNT),
    ],
)
def test_what_bacs_or_a_bank_would_not_take_is_refused(office, line_id, wrong, field, fault):
    with pytest.raises(ProfileRefused) as refused:
        propose(office, line_id, **wrong)
    assert (refused.value.field, refused.value.fault) == (field, fault)


def test_a_new_profile_needs_an_account(office):
    with pytest.raises(ProfileRefused):
        propose(office, new_id(), name="Grants")


class TestUnderAPayroll:
    """A payroll that is sealed, and one that is made after the change."""

    @pytest.fixture
    def start(self, sealed):
        return sealed

    def test_an_open_payroll_keeps_its_version_and_serials_go_on_in_the_next(self, office, sealed, line_id):
        terms = {"bureau_number": "B12345", "file_naming": "{day}.{serial}.txt"}
        confirm(office, propose(office, line_id, account=OTHER, **terms))
        office.decide_all(sealed.payroll_id)
        old = office.download(sealed.payroll_id)
        december = office.create(date(2026, 12, 9))
        office.work()
        office.accept_findings(december)
        office.seal(december)
        office.decide_all(december)
        new = office.download(december)
        told = [read_submission(content) for content in (old, new)]
        assert [each.submitter for each in told] == ["000000", "B12345"]
        assert [each.user_files[0].sections[0].account.sort_code for each in told] == ["089999", "202959"]
        assert [each.user_files[0].service_user_number for each in told] == ["000000", "000000"]
        with office.transaction() as session:
            names = [files_of(session, each)[0].name for each in (sealed.payroll_id, december)]
            versions = [get_payroll(session, each).bank_profile_id for each in (sealed.payroll_id, december)]
        assert names == ["SANDBOX-HIL-0001-20261124-000001.txt", "SANDBOX-20261208.000002.txt"]
        assert versions[0] != versions[1]


def test_the_database_keeps_what_a_version_says(office):
    for column in ("service_user_number", "bureau_number", "file_naming", "line_id"):
        with pytest.raises(DBAPIError), office.transaction() as session:
            session.execute(text(f"UPDATE bank_profile SET {column} = {column}"))


@pytest.mark.parametrize(
    ("pattern", "is_good"),
    [
        (FIRST_PATTERN, True),
        ("{serial}", True),
        ("BACS.{scheme}.{serial}.dat", True),
        ("{scheme}-{payroll}.txt", False),
        ("{serial}/{scheme}", False),
        ("{serial} {scheme}", False),
        ("-{serial}", False),
        ("{serial!r}", False),
        ("{serial:>40}", False),
        ("{serial.__class__}", False),
        ("{0}{serial}", False),
        ("{serial}{", False),
        ("x" * 60 + "{serial}", False),
        ("", False),
    ],
)
def test_a_pattern_makes_safe_names_that_never_repeat(pattern, is_good):
    assert fits(pattern) is is_good


@given(st.text(alphabet="{}serialpydhcm.-_/\\ \n:!", max_size=30))
def test_whatever_is_typed_as_a_pattern_its_names_are_safe_or_it_is_refused(pattern):
    if fits(pattern):
        one, other = (
            name_for(pattern, scheme="HIL", payroll=1, day=date(2026, 11, 25), serial=serial, sandbox=True)
            for serial in (1, 2)
        )
        assert one != other
        assert one.startswith("SANDBOX-")
        assert not set(one) & set("/\\ \n{}")


def test_an_example_says_sandbox_in_a_sandbox():
    assert example_name(FIRST_PATTERN, sandbox=True) == "SANDBOX-GRANT-0007-20261125-000012.txt"
