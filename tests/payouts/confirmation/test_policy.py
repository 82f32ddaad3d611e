"""What a bank's answer means for use, as the body decided it: when details are confirmed, in the checks, at release."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payouts.channels.release import ReleaseRefused
from payouts.checks import acceptance
from payouts.checks.finding import Kind, Severity, groups_of
from payouts.confirmation import asking
from payouts.confirmation.codes import Code
from payouts.confirmation.confirmation import Standing
from payouts.confirmation.meaning import AnswerNeedsReason, BlockedByAnswer, meaning_of, must_be_usable
from payouts.payment import Payment
from payouts.payroll import get_payroll
from payouts.tasks import worker
from payouts.tasks.outbox import Task
from schemes import name_policy
from schemes.account import Account, accounts_of
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, OutOfRange
from schemes.name_policy import Meaning, NamePolicy, Outcome
from schemes.person import Role

AGAINST = (Code.MBAM, Code.ANNM, Code.CASS)


def groups(office, payroll_id):
    with office.transaction() as session:
        return {group.kind: group.severity for group in groups_of(session, payroll_id)}


def paid_payee(office):
    """A payee of the next payroll who gets one payment, and their version."""
    return office.payee_id()


@pytest.mark.parametrize("code", Code)
def test_by_default_a_difference_needs_a_reason_and_not_knowing_is_allowed(code, clock):
    meaning = meaning_of(Standing(code, clock()), NamePolicy(), clock())
    wanted = Meaning.BLOCK if code in (Code.AC01, Code.IVCR) else Meaning.ALLOW
    difference = (*AGAINST, Code.BANM, Code.PANM, Code.BAMM, Code.PAMM)
    assert meaning is (Meaning.REASON if code in difference else wanted)


def test_whatever_the_policy_says_no_such_account_blocks_and_a_fresh_match_is_allowed(clock):
    for meaning in Meaning:
        policy = NamePolicy(*([meaning] * 5))
        assert meaning_of(Standing(Code.AC01, clock()), policy, clock()) is Meaning.BLOCK
        assert meaning_of(Standing(Code.MATC, clock()), policy, clock()) is Meaning.ALLOW


def test_a_match_counts_for_as_long_as_the_body_says_and_what_speaks_against_a_name_for_ever(clock):
    policy = NamePolicy(not_asked=Meaning.BLOCK, no_match=Meaning.REASON, good_for_days=30)
    for days, meaning in ((30, Meaning.ALLOW), (31, Meaning.BLOCK)):
        answer = Standing(Code.MATC, clock() - timedelta(days=days))
        assert meaning_of(answer, policy, clock()) is meaning
    assert meaning_of(Standing(Code.ANNM, clock() - timedelta(days=900)), policy, clock()) is Meaning.REASON


def test_a_policy_is_proposed_by_an_administrator_and_counts_when_another_person_confirms(office, set_policy):
    by, at = office.person(Role.PREPARER), office.service.now()
    with pytest.raises(NotAllowed), office.transaction() as session:
        name_policy.propose(session, NamePolicy(), change_id=new_id(), reason="x", by=by, at=at)
    with pytest.raises(OutOfRange):
        set_policy(good_for_days=0)
    wanted = set_policy(close=Meaning.ALLOW, good_for_days=30)
    with office.transaction() as session:
        assert name_policy.current(session) == wanted
        assert name_policy.policy_at(session, office.service.now() - timedelta(seconds=1)) == NamePolicy()


@pytest.mark.parametrize(
    ("meaning", "severity"),
    [(Meaning.ALLOW, Severity.NOTE), (Meaning.REASON, Severity.NEEDS_REASON), (Meaning.BLOCK, Severity.BLOCK)],
)
def test_the_checks_are_as_grave_as_the_policy_says(office, set_policy, meaning, severity):
    set_policy(no_match=meaning, not_asked=meaning)
    office.note_confirmation(office.payee_id(), Code.ANNM)
    payroll_id = office.create()
    office.work()
    found = groups(office, payroll_id)
    assert (found[Kind.NAME_NO_MATCH], found[Kind.NAMES_NOT_CHECKED]) == (severity, severity)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        by, at = office.person(Role.PREPARER), office.service.now()
        if severity is Severity.NEEDS_REASON:
            assert acceptance.accept(session, payroll, Kind.NAMES_NOT_CHECKED, reason="known", by=by, at=at) == 1
        else:
            with pytest.raises(NotNow):
                acceptance.accept(session, payroll, Kind.NAMES_NOT_CHECKED, reason="known", by=by, at=at)


def test_a_payroll_keeps_the_policy_of_the_day_on_which_it_was_made(office, set_policy, clock):
    office.note_confirmation(office.payee_id(), Code.ANNM)
    payroll_id = office.create()
    clock.advance(minutes=1)
    set_policy(no_match=Meaning.BLOCK)
    office.work()
    assert groups(office, payroll_id)[Kind.NAME_NO_MATCH] is Severity.NEEDS_REASON


@pytest.mark.parametrize(
    ("code", "meaning", "refused"),
    [
        (Code.ANNM, Meaning.BLOCK, True),
        (Code.ANNM, Meaning.REASON, False),
        (Code.AC01, Meaning.ALLOW, True),
        (Code.NO_ANSWER, Meaning.BLOCK, False),
    ],
)
def test_what_a_bank_says_after_the_files_were_sealed_stops_the_release_if_it_blocks(
    office, set_policy, clock, code, meaning, refused
):
    set_policy(no_match=meaning, good_for_days=60)
    clock.advance(seconds=1)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    with office.transaction() as session:
        paid = session.scalars(select(Payment.payee_id).where(Payment.payroll_id == payroll_id)).first()
    office.note_confirmation(paid, code)
    office.decide_all(payroll_id, upto=3)
    if not refused:
        assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
        return
    with pytest.raises(ReleaseRefused) as told:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert told.value.differences == ["bank_answers"]


def usable(office, account_id, reason=""):
    with office.transaction() as session:
        account = session.scalars(select(Account).where(Account.id == account_id)).one()
        return must_be_usable(session, account, reason=reason, at=office.service.now())


def test_a_proposal_that_the_bank_speaks_against_is_confirmed_with_a_reason_or_not_at_all(office, set_policy):
    payee_id, account_id = office.propose("M Changed")
    assert usable(office, account_id) is None
    office.note_confirmation(payee_id, Code.ANNM)
    with pytest.raises(AnswerNeedsReason):
        usable(office, account_id, " ")
    assert usable(office, account_id, " Saw a statement ") == "Saw a statement"
    set_policy(no_match=Meaning.BLOCK)
    with pytest.raises(BlockedByAnswer):
        usable(office, account_id, "Saw a statement")


def ask_on_entry(office, account_id):
    with office.transaction() as session:
        account = session.scalars(select(Account).where(Account.id == account_id)).one()
        by, at = office.person(Role.PREPARER), office.service.now()
        return asking.ask_on_entry(office.service, session, account, by=by, at=at)


def test_a_proposal_is_asked_about_by_itself_once_however_often_it_is_sent(office, bank):
    _, account_id = office.propose("Jo MBAM")
    assert ask_on_entry(office, account_id)
    assert ask_on_entry(office, account_id)
    office.work()
    (answer,) = office.answers()
    assert (answer.account_id, answer.outcome) == (account_id, Outcome.CLOSE)
    assert answer.asked_by == office.person(Role.PREPARER).person_id
    assert bank.count()["asked"] == 1


def test_a_bank_that_is_silent_on_entry_is_asked_again_and_no_silence_is_kept(office, bank):
    _, account_id = office.propose("M Changed")
    ask_on_entry(office, account_id)
    bank.faults(answer_503=1)
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id).where(Task.kind == "confirmation.ask_one")).one()
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert office.answers() == []
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert [answer.account_id for answer in office.answers()] == [account_id]


def test_a_body_that_asks_by_hand_is_not_asked_for(office, set_policy):
    set_policy(ask_on_entry=False)
    _, account_id = office.propose("M Changed")
    assert not ask_on_entry(office, account_id)


def test_where_nobody_is_set_up_to_ask_nothing_waits(office):
    _, account_id = office.propose("M Changed")
    settings = replace(office.service.settings, sandbox_confirmation_url="")
    alone = replace(office, service=replace(office.service, settings=settings))
    assert not ask_on_entry(alone, account_id)
    with office.transaction() as session:
        assert session.scalars(select(Task).where(Task.kind == "confirmation.ask_one")).all() == []


def test_a_version_that_was_rejected_meanwhile_is_not_asked_about(office, bank, owner):
    payee_id, account_id = office.propose("M Changed")
    ask_on_entry(office, account_id)
    with owner.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET rejected_by = proposed_by, rejected_at = now(), rejected_because = 'x' WHERE id = %s",
            (account_id,),
        )
    office.work()
    assert bank.count()["asked"] == 0
    with office.transaction() as session:
        assert accounts_of(session, payee_id)[0].rejected_at
