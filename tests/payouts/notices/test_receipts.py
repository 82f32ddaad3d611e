"""Delivery receipts as Notify posts them: early, late, twice, unknown or forged, each moves a notice at most once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.app import make_service
from payouts.demo.harbour import seed
from payouts.notices.connection import Way
from payouts.notices.notice import MOVES, Notice, NoticeStatus, move
from schemes.database import new_id
from tests.office import Office
from tests.web.one_app import app_on

TOKEN = "the token that only Notify has"


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def service(make_settings, clock):
    made = make_service(make_settings(notify_receipts_token=TOKEN), now=clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def notice_id(office, sealed, owner):
    """A notice that was sent."""
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work(leave="notices.send")
    with owner.begin() as connection:
        return connection.scalar(
            text(
                "UPDATE notice SET status = 'sent', sent_at = now(), notify_id = uuidv7() "
                "WHERE id = (SELECT min(id::text)::uuid FROM notice WHERE status = 'planned') RETURNING id"
            )
        )


@pytest.fixture
def post(service):
    """Posts a receipt to the app, as Notify does."""
    client = app_on(service).test_client()

    def run(notice, said="delivered", *, token=TOKEN, **changes):
        receipt = {"id": str(new_id()), "reference": str(notice), "status": said, "to": "a@example.com", **changes}
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return client.post("/callbacks/notify", json=receipt, headers=headers).status_code

    return run


def status_of(office, notice_id):
    with office.transaction() as session:
        return session.get(Notice, (office.harbour.body_id, notice_id)).status


def put(owner, notice_id, status):
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE notice SET status = :status WHERE id = :id"), {"status": status, "id": notice_id}
        )


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("delivered", NoticeStatus.DELIVERED),
        ("permanent-failure", NoticeStatus.FAILED),
        ("temporary-failure", NoticeStatus.FAILED),
        ("technical-failure", NoticeStatus.FAILED),
        ("sending", NoticeStatus.SENT),
        ("made-up", NoticeStatus.SENT),
    ],
)
def test_a_receipt_says_what_became_of_a_notice(office, notice_id, post, said, becomes):
    assert post(notice_id, said) == 204
    assert status_of(office, notice_id) is becomes
    with office.transaction() as session:
        error = session.scalars(select(Notice.error).where(Notice.id == notice_id)).one()
    assert error == (said if becomes is NoticeStatus.FAILED else None)


def test_a_receipt_that_comes_before_the_answer_counts(office, notice_id, post, owner):
    put(owner, notice_id, "sending")
    assert post(notice_id) == 204
    assert status_of(office, notice_id) is NoticeStatus.DELIVERED


def test_a_receipt_that_comes_twice_or_after_another_changes_nothing_more(office, notice_id, post, clock):
    assert post(notice_id) == 204
    with office.transaction() as session:
        ended = session.scalars(select(Notice.ended_at).where(Notice.id == notice_id)).one()
    clock.advance(minutes=5)
    for said in ("delivered", "permanent-failure", "temporary-failure"):
        assert post(notice_id, said) == 204
    with office.transaction() as session:
        notice = session.get(Notice, (office.harbour.body_id, notice_id))
        assert (notice.status, notice.error, notice.ended_at) == (NoticeStatus.DELIVERED, None, ended)


@pytest.mark.parametrize("status", ["planned", "refused", "no_address"])
def test_a_receipt_for_what_was_never_sent_changes_nothing(office, notice_id, post, owner, status):
    put(owner, notice_id, status)
    assert post(notice_id) == 204
    assert status_of(office, notice_id) == status


def test_a_letter_that_came_back_weeks_later_is_no_longer_delivered_and_an_email_stays_so(
    office, notice_id, post, owner, clock
):
    put(owner, notice_id, "delivered")
    clock.advance(days=20)
    letter = {"notification_id": str(new_id()), "date_sent": "2026-11-23T10:00:00.000000Z"}
    assert post(notice_id, **letter) == 204
    assert status_of(office, notice_id) is NoticeStatus.DELIVERED
    with owner.begin() as connection:
        connection.execute(text("UPDATE notice SET channel = 'letter' WHERE id = :id"), {"id": notice_id})
    for _ in range(2):
        assert post(notice_id, **letter) == 204
    with office.transaction() as session:
        kept = session.get(Notice, (office.harbour.body_id, notice_id))
        assert (kept.status, kept.error) == (NoticeStatus.FAILED, "returned-letter")


def test_a_receipt_for_a_message_that_is_not_ours_is_harmless(office, notice_id, post):
    assert post(new_id()) == 204
    assert status_of(office, notice_id) is NoticeStatus.SENT


@pytest.mark.parametrize("token", [None, "", "another", TOKEN + " ", TOKEN[:-1], "é"])
def test_without_notifys_token_nothing_is_taken(office, notice_id, post, token):
    assert post(notice_id, token=token) == 403
    assert status_of(office, notice_id) is NoticeStatus.SENT


def test_where_no_token_is_set_nobody_can_post(office, notice_id, make_settings, clock):
    made = make_service(make_settings(notify_receipts_token=""), now=clock)
    client = app_on(made).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": ""}):
        answer = client.post("/callbacks/notify", json={"reference": str(notice_id)}, headers=headers)
        assert answer.status_code == 403
    made.engine.dispose()


@pytest.mark.parametrize(
    "changes",
    [{"id": "x"}, {"id": ["a"]}, {"id": None}],
    ids=str,
)
def test_what_is_not_a_receipt_is_told_so(post, changes, notice_id):
    assert post(notice_id, **changes) == 400


@pytest.mark.parametrize("reference", [None, "x", 5, {}], ids=str)
def test_a_receipt_of_a_message_that_another_program_sent_is_harmless(office, post, reference, notice_id):
    assert post(notice_id, reference=reference) == 204
    assert status_of(office, notice_id) is NoticeStatus.SENT


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff"])
def test_bytes_that_are_no_receipt_are_told_so(service, harbour, body):
    client = app_on(service).test_client()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    assert client.post("/callbacks/notify", data=body, headers=headers).status_code == 400


def test_a_neighbours_notices_are_untouched(office, notice_id, post, service):
    neighbour = Office(service, seed(service, name="Quay Trust", domain="quay.example"))
    assert post(notice_id) == 204
    with neighbour.transaction() as session:
        assert session.scalars(select(Notice)).all() == []


@pytest.mark.parametrize("status", NoticeStatus)
@pytest.mark.parametrize("to", NoticeStatus)
def test_a_notice_moves_only_by_a_listed_move(status, to):
    notice = Notice(status=status, channel=Way.LETTER)
    assert move(notice, to) is ((status, to) in MOVES)
    assert notice.status is (to if (status, to) in MOVES else status)
