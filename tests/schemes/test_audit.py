"""The chain of events: whatever somebody changes, takes away or puts in, verify names it."""

from __future__ import annotations

import base64
import json
import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from schemes import audit
from schemes.audit import AuditEvent, AuditLink, AuditPending, published, seal_chain, verify
from schemes.database import connect, transaction
from schemes.signer import Signer


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def body_id(harbour):
    return harbour.body_id


@pytest.fixture
def folder(service):
    return service.settings.audit_heads


@pytest.fixture
def link(service, body_id, folder):
    """Records some events, links them, and publishes the head, as the clock does."""

    def run(events=3):
        with service.transaction(body_id) as session:
            for number in range(events):
                audit.record(session, "test.happened", by=None, at=service.now(), number=number)
        with service.transaction(body_id) as session:
            head = seal_chain(session, body_id)
        audit.publish(head, signer=service.signer, folder=folder, at=service.now())
        return head

    return run


@pytest.fixture
def faults(service, body_id, folder):
    """What verify finds, held against the published heads."""

    def run():
        heads = list(published(folder, body_id, signer=service.signer))
        with service.transaction(body_id) as session:
            return verify(session, body_id, heads).faults

    return run


@pytest.fixture
def tamper(owner):
    """Runs a statement as the owner with every trigger off."""

    def run(statement, **values):
        with owner.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            assert connection.execute(text(statement), values).rowcount > 0

    return run


def test_an_untouched_chain_has_no_faults(service, body_id, link, faults):
    link()
    link()
    assert faults() == []
    with service.transaction(body_id) as session:
        audit.record(session, "test.waits", by=None, at=service.now())
        session.flush()
        verdict = verify(session, body_id)
    assert verdict.faults == []
    assert verdict.pending == 1
    assert verdict.linked > 6


TAMPERED = {
    "an event's facts": ("UPDATE audit_event SET facts = '{\"number\": 9}' WHERE id = :second", "was changed"),
    "an event's action": ("UPDATE audit_event SET action = 'test.other' WHERE id = :second", "was changed"),
    "an event's time": ("UPDATE audit_event SET at = at + interval '1 second' WHERE id = :second", "was changed"),
    "who did it": ("UPDATE audit_event SET actor_id = body_id WHERE id = :second", "was changed"),
    "what it was about": ("UPDATE audit_event SET subject_id = body_id WHERE id = :second", "was changed"),
    "an event removed": ("DELETE FROM audit_event WHERE id = :second", "was removed"),
    "an event inserted": (
        """INSERT INTO audit_event SELECT (jsonb_populate_record(e, jsonb_build_object('id', uuidv7()))).*
             FROM audit_event e WHERE id = :second""",
        "was inserted past the chain",
    ),
    "a link's digest": ("UPDATE audit_link SET event_digest = 'x' WHERE event_id = :second", "was changed"),
    "a link's hash": ("UPDATE audit_link SET hash = 'x' WHERE event_id = :second", "does not follow the one before"),
    "a link's event": (
        "UPDATE audit_link SET event_id = uuidv7() WHERE event_id = :second",
        "was inserted past the chain",
    ),
    "a link removed": ("DELETE FROM audit_link WHERE event_id = :second", "were removed"),
    "a link with its event removed": (
        "WITH gone AS (DELETE FROM audit_link WHERE event_id = :second) DELETE FROM audit_event WHERE id = :second",
        "were removed",
    ),
    "the tail cut off": (
        """WITH gone AS (DELETE FROM audit_link WHERE event_id >= :second RETURNING event_id)
           DELETE FROM audit_event WHERE id IN (SELECT event_id FROM gone)""",
        "it was cut off",
    ),
}


@pytest.mark.parametrize(("statement", "said"), TAMPERED.values(), ids=TAMPERED.keys())
def test_verify_names(service, body_id, link, faults, tamper, statement, said):
    link()
    with service.transaction(body_id) as session:
        happened = select(AuditEvent.id).where(AuditEvent.action == "test.happened").order_by(AuditEvent.id)
        second = session.scalars(happened).all()[1]
    tamper(statement, second=second)
    found = faults()
    assert any(said in fault for fault in found), found


def test_two_events_swapped_in_their_order_are_named(service, body_id, link, faults, tamper):
    link()
    tamper("UPDATE audit_link SET position = position + 1000 WHERE position IN (2, 3)")
    tamper("UPDATE audit_link SET position = 1005 - position WHERE position > 1000")
    assert any("position 2" in fault for fault in faults())


def test_a_chain_rewritten_whole_does_not_match_the_heads_published_before(service, body_id, link, faults, tamper):
    """Somebody who knows how the chain is made changes an event and links everything anew."""
    link()
    tamper("UPDATE audit_event SET facts = '{\"number\": 9}' WHERE facts->>'number' = '1'")
    tamper("INSERT INTO audit_pending SELECT body_id, event_id FROM audit_link")
    tamper("DELETE FROM audit_link")
    with service.transaction(body_id) as session:
        seal_chain(session, body_id)
        assert verify(session, body_id).faults == [], "in itself the chain is right"
    assert any("is another one" in fault for fault in faults())


def test_a_body_cannot_pass_off_its_neighbours_events_as_its_own(service, body_id, link, tamper):
    link()
    stranger = connect(service.settings.database_url)
    with transaction(stranger, body_id) as session:
        event = session.scalars(select(AuditEvent).limit(1)).one()
        session.expunge(event)
    before = event.digest()
    event.body_id = event.id
    assert event.digest() != before
    stranger.dispose()


def forge(folder, body_id, **changes):
    path = folder / f"{body_id}.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], json.dumps({**json.loads(lines[-1]), **changes})]) + "\n")


@pytest.mark.parametrize(
    "changes", [{"position": 2}, {"hash": "00" * 32}, {"at": "2026-01-01T00:00:00+00:00"}], ids=lambda c: next(iter(c))
)
def test_a_published_head_that_was_changed_carries_a_wrong_signature(body_id, folder, link, faults, changes):
    link()
    forge(folder, body_id, **changes)
    assert any("wrong signature" in fault for fault in faults())


def test_a_head_signed_with_an_intruders_own_key_carries_a_wrong_signature(body_id, folder, link, faults, service):
    head = link()
    intruder = Signer.parse(base64.b64encode(b"i" * 32).decode())
    audit.publish(head, signer=intruder, folder=folder, at=service.now())
    assert any("wrong signature" in fault for fault in faults())


def test_heads_signed_before_the_key_was_changed_are_whole_and_later_ones_are_not(
    service, body_id, folder, link, clock
):
    link()
    given_up = clock().isoformat()
    renewed = Signer.parse(base64.b64encode(b"n" * 32).decode(), f"{service.signer.public_key}@{given_up}")
    clock.advance(minutes=1)
    link()
    assert [signed for _, signed in published(folder, body_id, signer=renewed)] == [True, False]


@pytest.mark.parametrize(
    "former", ["x", "AAAA@2026-11-01T12:00:00Z", f"{'A' * 43}=@2026-11-01T12:00:00", f"{'A' * 43}="]
)
def test_a_former_key_that_cannot_be_read_is_refused_and_not_left_out(former):
    with pytest.raises(ValueError, match=r"."):
        Signer.parse(base64.b64encode(b"n" * 32).decode(), former)


def test_a_line_torn_by_a_crash_is_left_out_and_nothing_else(service, body_id, folder, link, faults):
    link()
    with (folder / f"{body_id}.jsonl").open("a") as file:
        file.write('{"body": "01a2')
    assert len(list(published(folder, body_id, signer=service.signer))) == 1
    assert faults() == []


def test_a_head_published_after_a_torn_line_is_read(service, body_id, folder, link):
    link()
    with (folder / f"{body_id}.jsonl").open("a") as file:
        file.write('{"body": "01a2')
    link()
    heads = list(published(folder, body_id, signer=service.signer))
    assert [signed for _, signed in heads] == [True, True]


@pytest.mark.parametrize("table", ["audit_event", "audit_link"])
@pytest.mark.parametrize("act", ["UPDATE {} SET body_id = body_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_neither_the_app_nor_the_owner_can_change_what_is_recorded(service, body_id, owner, link, table, act):
    link()
    with pytest.raises(DBAPIError), service.transaction(body_id) as session:
        session.execute(text(act.format(table)))
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.execute(text(act.format(table)))


def test_an_event_of_a_change_that_was_rolled_back_never_happened(service, body_id):
    def act(session):
        audit.record(session, "test.undone", by=None, at=service.now())
        raise InterruptedError

    with pytest.raises(InterruptedError), service.transaction(body_id) as session:
        act(session)
    with service.transaction(body_id) as session:
        assert session.scalars(select(AuditEvent.id).where(AuditEvent.action == "test.undone")).all() == []


def test_many_writers_and_sealers_racing_make_one_chain(service, body_id, faults):
    start = threading.Barrier(6)

    def write():
        start.wait()
        for number in range(15):
            with service.transaction(body_id) as session:
                audit.record(session, "test.raced", by=None, at=service.now(), number=number)

    def link_up():
        start.wait()
        for _ in range(10):
            with service.transaction(body_id) as session:
                seal_chain(session, body_id, limit=7)

    threads = [threading.Thread(target=target) for target in (write, write, write, link_up, link_up, link_up)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with service.transaction(body_id) as session:
        while seal_chain(session, body_id, limit=7):
            pass
        events = session.scalar(select(func.count()).select_from(AuditEvent))
        assert session.scalar(select(func.count()).select_from(AuditLink)) == events
        assert session.scalar(select(func.max(AuditLink.position))) == events
        assert session.scalar(select(func.count()).select_from(AuditPending)) == 0
    assert faults() == []
