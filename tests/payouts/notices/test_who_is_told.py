"""Who is told of what, by which way: only what our records prove, once, and nothing that hurts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.app import make_service
from payouts.demo.register import PROVIDER_EMAIL
from payouts.notices import forecast, planning, sending, settings
from payouts.notices.connection import KeyKind, Way
from payouts.notices.event import NoticeEvent
from payouts.notices.notice import Notice, NoticeStatus
from payouts.notices.preview import as_told
from payouts.notices.receipts import take_receipt
from payouts.payroll import get_payroll
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes import change_applied
from schemes.contact import Contact
from schemes.database import new_id
from schemes.errors import NotNow
from schemes.hold import HoldKind
from schemes.payee import Payee
from schemes.person import Role
from tests.office import Office
from tests.payouts.notices.test_connection import KEY, notify  # noqa: F401  the simulator, with its keys


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def office(make_settings, harbour, notify, clock):  # noqa: F811
    made = make_service(
        make_settings(sandbox_notify_url=notify.url, sandbox_notify_api_key=KEY), now=clock, pool_size=10
    )
    yield Office(made, harbour)
    made.engine.dispose()


@pytest.fixture
def submit(office, sealed):
    def run():
        office.decide_all(sealed.payroll_id)
        office.download(sealed.payroll_id)
        office.record_submission(sealed.payroll_id)
        office.work(leave="notices.send")

    return run


def notices(office, **having):
    with office.transaction() as session:
        found = session.scalars(select(Notice).order_by(Notice.id)).all()
    return [each for each in found if all(getattr(each, name) == value for name, value in having.items())]


def payees(office, *having):
    with office.transaction() as session:
        return session.scalars(select(Payee).where(*having).order_by(Payee.reference)).all()


def change(owner, statement, **values):
    with owner.begin() as connection:
        connection.execute(text(statement), values)


def look(office):
    with office.transaction() as session:
        planning.look(session, office.service, {})


def add_contact(office, owner, payee_id, way, value, **facts):
    with office.transaction() as session:
        at = office.service.now()
        row = {"body_id": office.harbour.body_id, "id": new_id(), "payee_id": payee_id, "held_since": at, **facts}
        session.add(Contact(channel=way, value=value, **row))


def test_the_first_payment_is_a_welcome_and_a_later_one_is_not(office, submit, owner):
    submit()
    assert {each.event for each in notices(office)} >= {NoticeEvent.FIRST_PAYMENT}
    assert notices(office, event=NoticeEvent.PAYMENT_ON_ITS_WAY) == []
    words = {each.for_another for each in notices(office)}
    assert words == {True, False}, "an appointee gets the appointee's words"


def test_preference_and_safe_contact_choose_the_way_and_the_address(office, submit, owner):
    first, second, third = payees(office, Payee.email.is_not(None), Payee.email != PROVIDER_EMAIL)[:3]
    for payee in (first, second, third):
        add_contact(office, owner, payee.id, "text", "+447700900123")
    change(owner, "UPDATE payee SET preferred_channel = 'text' WHERE id = ANY (:ids)", ids=[first.id, second.id])
    change(owner, "UPDATE payee SET safe_contact = true WHERE id = :id", id=second.id)
    submit()
    by_payee = {each.payee_id: each.channel for each in notices(office)}
    assert [by_payee[each.id] for each in (first, second, third)] == [Way.TEXT, Way.EMAIL, Way.EMAIL]
    office.work()
    assert {each.status for each in notices(office, channel=Way.TEXT)} == {NoticeStatus.SENT}


def test_what_cannot_be_delivered_goes_by_the_next_way_once_and_then_stays_with_people(office, submit, owner):
    payee = payees(office, Payee.email.is_not(None), Payee.email != PROVIDER_EMAIL)[0]
    add_contact(office, owner, payee.id, "text", "+447700900123")
    submit()
    office.work()
    [first] = notices(office, payee_id=payee.id)

    def receive(notice, status):
        with office.transaction() as session:
            at = office.service.now()
            return take_receipt(session, office.service, notice.id, notify_id=new_id(), status=status, at=at)

    assert receive(first, "permanent-failure")
    assert not receive(first, "permanent-failure")
    first, second = notices(office, payee_id=payee.id)
    assert (first.channel, first.has_next, second.channel, second.attempt) == (Way.EMAIL, True, Way.TEXT, 2)
    office.work()
    assert receive(notices(office, payee_id=payee.id)[1], "permanent-failure")
    assert [(each.status, each.has_next) for each in notices(office, payee_id=payee.id)] == [
        (NoticeStatus.FAILED, True),
        (NoticeStatus.FAILED, False),
    ]


def test_texts_wait_for_the_morning_and_emails_do_not(office, submit, owner, clock):
    payee = payees(office, Payee.email.is_not(None), Payee.email != PROVIDER_EMAIL)[0]
    add_contact(office, owner, payee.id, "text", "+447700900123")
    change(owner, "UPDATE payee SET preferred_channel = 'text' WHERE id = :id", id=payee.id)
    submit()
    clock.advance(hours=12)
    with office.transaction() as session:
        task = session.scalars(select(Task).where(Task.kind == "notices.send", Task.state == TaskState.WAITING)).one()
    worker.perform(office.service, task.id, office.harbour.body_id)
    assert {each.status for each in notices(office, channel=Way.TEXT)} == {NoticeStatus.PLANNED}
    assert NoticeStatus.PLANNED not in {each.status for each in notices(office, channel=Way.EMAIL)}
    with office.transaction() as session:
        kept = session.get(Task, (office.harbour.body_id, task.id))
        assert (kept.state, kept.due_at.hour, kept.error) == (TaskState.WAITING, 8, None)
    clock.time = kept.due_at
    worker.perform(office.service, task.id, office.harbour.body_id)
    assert {each.status for each in notices(office, channel=Way.TEXT)} == {NoticeStatus.SENT}


def test_the_dead_and_those_held_meanwhile_are_told_nothing_of_their_payment(office, submit):
    one, other = payees(office, Payee.email.is_not(None), Payee.email != PROVIDER_EMAIL)[:2]
    submit()
    office.stop_payments(one.id, HoldKind.DECEASED)
    office.stop_payments(other.id, HoldKind.ON_HOLD)
    office.work()
    assert [each.status for payee in (one, other) for each in notices(office, payee_id=payee.id)] == [
        NoticeStatus.HELD_BACK,
        NoticeStatus.HELD_BACK,
    ]


def test_a_batch_of_which_nobody_may_be_told_does_not_end_the_telling_of_the_others(office, submit, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 2)
    submit()
    for held in notices(office)[:2]:
        office.stop_payments(held.payee_id)
    office.work()
    first, second, *others = notices(office)
    assert (first.status, second.status) == (NoticeStatus.HELD_BACK, NoticeStatus.HELD_BACK)
    assert {each.status for each in others} == {NoticeStatus.SENT, NoticeStatus.NO_ADDRESS}


def test_a_return_is_told_once_of_the_payment_and_a_death_is_told_to_nobody(office, submit, owner, sealed):
    submit()
    office.work()
    make = (
        "INSERT INTO returned_payment (body_id, id, payment_id, payroll_id, scheme_id, payee_id, amount_pence,"
        " came_back, reason, status, opened_at) SELECT body_id, uuidv7(), id, payroll_id, scheme_id, payee_id,"
        " amount_pence, :came_back, :reason, 'held', :at FROM payment WHERE ordinal = :ordinal"
    )
    at = office.service.now()
    facts = ((1, "returned", "closed"), (2, "returned", "deceased"), (3, "rejected", "ours"))
    for ordinal, came_back, reason in facts:
        change(owner, make, ordinal=ordinal, came_back=came_back, reason=reason, at=at)
    for _ in range(2):
        look(office)
    told = [each for each in notices(office) if each.subject_id != sealed.payroll_id]
    assert sorted((each.event, each.status) for each in told) == sorted(
        [
            (NoticeEvent.PAYMENT_RETURNED, NoticeStatus.PLANNED),
            (NoticeEvent.PAYMENT_RETURNED, NoticeStatus.HELD_BACK),
            (NoticeEvent.PAYMENT_DELAYED, NoticeStatus.PLANNED),
        ]
    )
    office.work()
    assert NoticeStatus.PLANNED not in {each.status for each in notices(office)}


def test_that_money_should_be_there_is_told_the_day_after_and_once_unless_the_body_does_not_want_it(
    office, submit, clock
):
    submit()
    office.work()
    clock.advance(days=2)
    look(office)
    assert notices(office, event=NoticeEvent.PAYMENT_SHOULD_BE_THERE) == []
    clock.advance(days=1)
    by, other, at = office.person_with(Role.ADMINISTRATOR), office.person(Role.APPROVER), office.service.now()
    with office.transaction() as session:
        quiet = settings.NoticeSettings(untold=frozenset({NoticeEvent.PAYMENT_SHOULD_BE_THERE}))
        proposed = settings.propose(session, quiet, change_id=new_id(), reason="letters cost", by=by, at=at)
        change_applied.confirm(session, proposed, by=other, at=at)
    look(office)
    assert notices(office, event=NoticeEvent.PAYMENT_SHOULD_BE_THERE) == []
    with office.transaction() as session:
        loud = settings.NoticeSettings()
        proposed = settings.propose(session, loud, change_id=new_id(), reason="they ask", by=by, at=at)
        change_applied.confirm(session, proposed, by=other, at=at)
    look(office)
    first = len(notices(office, event=NoticeEvent.PAYMENT_SHOULD_BE_THERE))
    look(office)
    assert len(notices(office, event=NoticeEvent.PAYMENT_SHOULD_BE_THERE)) == first > 10


def test_whoever_is_not_paid_for_once_hears_so_and_only_of_what_is_so(office, submit, owner, sealed):
    payee = payees(office, Payee.email.is_not(None), Payee.email != PROVIDER_EMAIL)[0]
    # as if they had been left out of the payroll when it was built
    change(owner, "UPDATE payment SET status = 'taken_out' WHERE payee_id = :id", id=payee.id)
    change(
        owner,
        "INSERT INTO unpaid (body_id, id, payroll_id, award_id, beneficiary_id, reason) SELECT award.body_id, uuidv7(),"
        " :payroll, award.id, award.beneficiary_id, 'bank_details_stopped' FROM award WHERE payee_id = :id",
        payroll=sealed.payroll_id,
        id=payee.id,
    )
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE payroll DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE payroll SET status = 'submitted'"))
        connection.execute(text("UPDATE payment SET status = 'submitted' WHERE status = 'prepared'"))
    with office.transaction() as session:
        planning.plan(session, office.service, {"payroll_id": str(sealed.payroll_id)})
    [told] = notices(office, payee_id=payee.id)
    assert told.event is NoticeEvent.PAYMENT_HELD
    office.work()
    [told] = notices(office, payee_id=payee.id)
    assert told.status is NoticeStatus.SENT


def move(office, sealed, pay_date):
    office.re_date(sealed.payroll_id, pay_date)
    office.work(leave="notices.send")
    return notices(office, event=NoticeEvent.PAYMENT_MOVED)


def test_a_later_pay_date_is_told_once_for_each_day_it_moves_to_and_not_while_it_may_be_moved_back(
    office, sealed, clock
):
    assert move(office, sealed, date(2026, 11, 26)) == []
    # back again on the same day: nobody has to be worried
    assert move(office, sealed, date(2026, 11, 25)) == []
    clock.time = cut_off(office, sealed)
    office.work(leave="notices.send")
    assert notices(office, event=NoticeEvent.PAYMENT_MOVED) == []
    first = move(office, sealed, date(2026, 11, 27))
    paid = {payee.id for payee in payees(office)}
    assert {told.payee_id for told in first} <= paid
    assert len(first) == len({told.payee_id for told in first}) > 30
    assert {(told.facts["was"], told.facts["becomes"]) for told in first} == {("2026-11-25", "2026-11-27")}
    assert {told.total_pence for told in first} == {0}  # it is not released: nobody hears how much it is
    clock.time = cut_off(office, sealed)
    again = move(office, sealed, date(2026, 12, 1))
    assert len(again) == 2 * len(first)
    office.work(leave="notices.send")
    assert len(notices(office, event=NoticeEvent.PAYMENT_MOVED)) == 2 * len(first)


def cut_off(office, sealed):
    with office.transaction() as session:
        return get_payroll(session, sealed.payroll_id).deadline_at


def test_a_later_pay_date_is_told_with_both_days_and_to_nobody_who_is_not_paid_after_all(office, sealed, clock, owner):
    clock.time = cut_off(office, sealed)
    move(office, sealed, date(2026, 11, 27))
    [held, told, *_] = notices(office, event=NoticeEvent.PAYMENT_MOVED, channel=Way.EMAIL, status=NoticeStatus.PLANNED)
    change(owner, "UPDATE payment SET status = 'taken_out' WHERE payee_id = :id", id=held.payee_id)
    office.work()
    by_id = {each.id: each.status for each in notices(office)}
    assert (by_id[held.id], by_id[told.id]) == (NoticeStatus.HELD_BACK, NoticeStatus.SENT)
    with office.transaction() as session:
        [payee] = session.scalars(select(Payee).where(Payee.id == told.payee_id))
        words = as_told(session, office.service, session.get_one(Notice, (told.body_id, told.id)), payee,
                        get_payroll(session, sealed.payroll_id))  # fmt: skip
    assert "on Wednesday 25 November 2026 comes later" in words.body
    assert "on Friday 27 November 2026" in words.body
    assert "£" not in words.body


def test_what_will_be_told_is_known_before_payday(office, sealed, owner):
    before = counted(office, sealed)
    assert before.is_set_up
    assert before.unreached > 0
    assert (before.abroad, before.over_the_day) == (0, 0)
    [payee] = payees(office, Payee.email == PROVIDER_EMAIL)
    change(owner, "UPDATE payee SET preferred_channel = 'text' WHERE id = :id", id=payee.id)
    add_contact(office, owner, payee.id, "text", "+33612345678")
    assert counted(office, sealed) == before, "until somebody asks for another count"
    count_id = new_id()
    for _ in range(2):
        ask_for_a_count(office, sealed, count_id)
    office.work()
    after = counted(office, sealed)
    assert (after.by_way[Way.TEXT], after.abroad) == (1, 1)
    assert after.told == before.told
    trial = replace(after, kind=KeyKind.TEAM, in_trial=True, by_way={Way.EMAIL: 170, Way.TEXT: 20})
    assert (trial.team_only, trial.over_the_day) == (True, 120)


def test_nobody_is_counted_anew_once_people_were_told(office, sealed, owner):
    change(owner, "UPDATE payroll SET status = 'submitted' WHERE id = :id", id=sealed.payroll_id)
    with pytest.raises(NotNow):
        ask_for_a_count(office, sealed, new_id())


def counted(office, sealed):
    with office.transaction() as session:
        return forecast.forecast(session, office.service, sealed.payroll_id)


def ask_for_a_count(office, sealed, count_id):
    by, at = office.person(Role.PREPARER), office.service.now()
    with office.transaction() as session:
        forecast.ask_again(session, get_payroll(session, sealed.payroll_id), count_id=count_id, by=by, at=at)
