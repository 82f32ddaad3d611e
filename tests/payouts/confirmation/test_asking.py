"""A whole import or register in the background: everybody asked once, whatever becomes of banks and workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from payouts.confirmation import asking, run
from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.confirmation import counts_of_import
from payouts.confirmation.pace import Pace
from payouts.confirmation.run import ConfirmationRun
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.account import Account
from schemes.audit import AuditEvent
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound
from schemes.imports.register_import import get_import
from schemes.person import Role
from schemes.seal import destroy


def names_in_use(office):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(Account))


def progress(office, run_id):
    with office.transaction() as session:
        return run.progress_of(session, run.get_run(session, run_id))


def waiting(office):
    with office.transaction() as session:
        return session.scalars(select(Task).where(Task.state == TaskState.WAITING)).all()


def perform(office):
    """One try of each task that waits; what fails stays to be tried again."""
    for task in waiting(office):
        worker.perform(office.service, task.id, office.harbour.body_id)


def times_asked(office):
    """How often each version got an answer."""
    found = [answer.account_id for answer in office.answers()]
    return {found.count(account_id) for account_id in found}


@pytest.mark.parametrize("whole_register", [True, False])
def test_everybody_is_asked_once_and_the_counts_say_how_it_went(office, bank, whole_register):
    import_id = office.import_id()
    run_id = office.begin(None if whole_register else import_id)
    assert progress(office, run_id).running
    office.work()
    everybody = names_in_use(office)
    assert everybody > 30
    assert progress(office, run_id) == run.Progress(everybody, everybody, running=False, ended=True)
    assert (bank.count()["asked"], bank.count()["answers"]) == (everybody, {"MATC": everybody})
    with office.transaction() as session:
        assert counts_of_import(session, get_import(session, import_id)) == {Outcome.MATCH: everybody}


def test_a_run_goes_on_from_chunk_to_chunk(office, bank, monkeypatch):
    monkeypatch.setattr(asking, "CHUNK", 7)
    run_id = office.begin()
    office.work()
    everybody = names_in_use(office)
    assert progress(office, run_id).done == everybody
    assert bank.count()["asked"] == everybody
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Task).where(Task.kind == "confirmation.ask")) > 5


def test_whoever_was_answered_is_not_asked_again_until_the_answer_is_old(office, bank, clock):
    office.begin()
    office.work()
    everybody = names_in_use(office)
    clock.advance(days=90)
    assert progress(office, office.begin()).total == 0
    office.work()
    assert bank.count()["asked"] == everybody
    clock.advance(seconds=1)
    assert progress(office, office.begin()).total == everybody
    office.work()
    assert bank.count()["asked"] == 2 * everybody


def test_asking_again_while_a_run_goes_on_is_that_run(office, bank):
    first = office.begin()
    assert office.begin() == first
    assert office.begin(office.import_id()) != first
    office.work()
    # the second run finds everybody answered by the first
    assert bank.count()["asked"] == names_in_use(office)


def test_one_bank_s_silence_is_kept_and_the_others_are_answered(office, bank, clock):
    bank.faults(lose_replies=2, answer_nonsense=1)
    run_id = office.begin(office.import_id())
    office.work()
    everybody = names_in_use(office)
    assert progress(office, run_id).ended
    with office.transaction() as session:
        counts = counts_of_import(session, get_import(session, office.import_id()))
    assert counts == {Outcome.MATCH: everybody - 3, Outcome.UNABLE: 3}
    clock.advance(minutes=1)
    assert progress(office, office.begin(office.import_id())).total == 3
    office.work()
    with office.transaction() as session:
        assert counts_of_import(session, get_import(session, office.import_id())) == {Outcome.MATCH: everybody}


@pytest.mark.parametrize("fault", ["answer_503", "answer_429"])
def test_a_provider_that_is_away_leaves_nothing_and_is_asked_again_later(office, bank, fault, clock):
    bank.faults(**{fault: 40})
    run_id = office.begin()
    perform(office)
    assert office.answers() == []
    assert bank.count()["asked"] == 0
    assert "ProviderSilent: 40 names are left" in waiting(office)[0].error
    assert progress(office, run_id).running
    clock.advance(minutes=1)
    perform(office)
    assert progress(office, run_id).ended
    assert times_asked(office) == {1}


def test_being_told_to_slow_down_keeps_the_answers_there_were(office, bank, clock):
    bank.faults(answer_429=5)
    run_id = office.begin()
    perform(office)
    assert len(office.answers()) == 35
    assert {answer.code for answer in office.answers()} == {Code.MATC}
    clock.advance(minutes=1)
    perform(office)
    assert progress(office, run_id).done == names_in_use(office)
    assert times_asked(office) == {1}


def test_a_worker_killed_between_two_batches_loses_no_answer_and_asks_nobody_twice(office, bank, monkeypatch):
    monkeypatch.setattr(asking, "BATCH", 10)
    run_id = office.begin()
    task_id = waiting(office)[0].id
    noted = asking.note_batch
    batches = []

    def killed_at_the_third(*args):
        batches.append(args)
        if len(batches) == 3:
            raise KeyboardInterrupt
        noted(*args)

    with monkeypatch.context() as patched:
        patched.setattr(asking, "note_batch", killed_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            worker.perform(office.service, task_id, office.harbour.body_id)
    assert len(office.answers()) == 20
    assert bank.count()["asked"] == 30, "a third batch was asked, and its answers were lost with the worker"
    office.work()
    everybody = names_in_use(office)
    assert progress(office, run_id) == run.Progress(everybody, everybody, running=False, ended=True)
    assert times_asked(office) == {1}
    # a question changes nothing at the bank: the ten whose answers were lost are asked again, nobody else
    assert bank.count()["asked"] == everybody + 10


def test_a_worker_whose_task_was_taken_over_asks_nobody_more(office, bank, owner):
    office.begin()
    task_id = waiting(office)[0].id
    verify, cut = asking.Question.put_to, []

    def cut_after_the_first(question, provider):
        if not cut:
            cut.append(True)
            with owner.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    )
                )
        return verify(question, provider)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asking, "THREADS", 1)
        patched.setattr(asking.Question, "put_to", cut_after_the_first)
        worker.perform(office.service, task_id, office.harbour.body_id)
    assert bank.count()["asked"] == 1, "the one that had passed the hold before it was cut"
    assert office.answers() == []


def test_bank_details_that_nothing_is_paid_to_any_more_are_not_asked_about(office, bank):
    gone, erased = office.payee_id(0), office.payee_id(1)
    office.propose("Jo MBAM", gone)
    with office.transaction() as session:
        key_id = session.execute(text("SELECT key_id FROM payee WHERE id = :id"), {"id": erased}).scalar_one()
        destroy(session, office.harbour.body_id, key_id, at=office.service.now())
    everybody = names_in_use(office)
    office.begin()
    office.work()
    asked = {answer.account_id for answer in office.answers()}
    with office.transaction() as session:
        left_out = session.scalars(select(Account).where(Account.id.not_in(asked))).all()
    assert [account.payee_id for account in left_out] == [erased]
    assert len(asked) == everybody - 1


def test_only_a_preparer_or_finance_asks_about_all_and_only_of_an_import_that_is_there(office):
    with pytest.raises(NotAllowed):
        office.begin(by=Role.APPROVER)
    with pytest.raises(NotFound):
        office.begin(new_id())
    assert waiting(office) == []


def test_the_audit_tells_counts_and_no_name(office):
    office.propose("Jo MBAM", office.payee_id(0))
    office.begin()
    office.work()
    with office.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("confirmation"))).all()
        began = session.scalars(select(ConfirmationRun)).one()
    assert events[0].action == "confirmation.begun"
    assert sum(event.facts["count"] for event in events if event.action == "confirmation.answered") == began.total
    assert all(set(event.facts) <= {"count", "silent"} for event in events)


def test_questions_are_paced_and_time_that_nobody_used_is_not_saved_up():
    time, slept = [100.0], []

    def sleep(seconds):
        slept.append(round(seconds, 6))

    pace = Pace(10, clock=lambda: time[0], sleep=sleep)
    for _ in range(3):
        pace.wait()
    assert slept == [0.1, 0.2]
    time[0] += timedelta(minutes=1).total_seconds()
    pace.wait()
    pace.wait()
    assert slept == [0.1, 0.2, 0.1]
