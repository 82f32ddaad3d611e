"""An account of more than ten payees is settled once for all of them, with a reason that stays."""

from __future__ import annotations

import pytest

from schemes.duplicates import shared_account
from schemes.duplicates.shared_account import Holder, get_shared_account, shared_accounts
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven
from schemes.person import Role

HEADER = "reference,beneficiary_name,amount,start_date,account_name,sort_code,account_number\n"


@pytest.fixture
def shared_id(office):
    bring_in(office, range(11))
    with office.transaction() as session:
        [shared] = shared_accounts(session)
    return shared.id


def bring_in(office, numbers):
    rows = (
        f"A-{n:02},{chr(65 + n)}nn {chr(75 + n)}ong{chr(66 + n)},10.00,2026-04-01,Quayside Ltd,20-29-59,63748472\n"
        for n in numbers
    )
    office.keep(office.bring_in((HEADER + "".join(rows)).encode()))


def say(office, shared_id, holder, reason="the contract of 2024", by=Role.PREPARER):
    with office.transaction() as session:
        shared = get_shared_account(session, shared_id, lock=True)
        who, at = office.person(by), office.service.now()
        shared_account.say_whose(session, shared, holder, reason=reason, by=who, at=at)


def listed(office, *, settled=False):
    with office.transaction() as session:
        return [(shared.holder, shared.payee_count) for shared in shared_accounts(session, settled=settled)]


def test_a_provider_s_account_is_settled_for_all_its_payees_and_for_those_who_join(office, shared_id):
    with pytest.raises(ReasonNotGiven):
        say(office, shared_id, Holder.PROVIDER, reason=" ")
    with pytest.raises(NotAllowed):
        say(office, shared_id, Holder.PROVIDER, by=Role.RELEASER)
    for _ in range(2):
        say(office, shared_id, Holder.PROVIDER)
    bring_in(office, [11, 12])
    assert (listed(office), listed(office, settled=True)) == ([], [(Holder.PROVIDER, 13)])
    with office.transaction() as session:
        [word] = shared_account.words_on(session, get_shared_account(session, shared_id))
    assert (word.holder, word.because, word.payee_count) == (Holder.PROVIDER, "the contract of 2024", 11)


def test_what_was_said_before_stays_when_somebody_says_otherwise(office, shared_id):
    with pytest.raises(NotNow):
        say(office, shared_id, Holder.UNKNOWN)
    for holder in (Holder.PUBLIC_BODY, Holder.PROVIDER, Holder.UNKNOWN):
        say(office, shared_id, holder)
    assert (listed(office), listed(office, settled=True)) == ([(Holder.UNKNOWN, 11)], [])
    with office.transaction() as session:
        said = shared_account.words_on(session, get_shared_account(session, shared_id))
    assert [word.holder for word in said] == [Holder.UNKNOWN, Holder.PROVIDER, Holder.PUBLIC_BODY]


def test_its_payees_are_listed_once_each_page_by_page(office, shared_id):
    with office.transaction() as session:
        shared = get_shared_account(session, shared_id)
        first = shared_account.sharers(session, shared, limit=8)
        rest = shared_account.sharers(session, shared, after=first[-1].payee.id, limit=8)
        assert shared_account.examples(session, [shared]) == {shared_id: ("Quayside Ltd", "8472")}
    assert sorted(one.payee.reference for one in first + rest) == [f"A-{n:02}" for n in range(11)]
