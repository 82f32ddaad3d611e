"""Two bodies full of data in one database: neither sees or touches a row of the other, whatever the table."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest
from psycopg import errors
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.demo.harbour import seed
from payouts.payroll import Payroll, get_payroll
from payouts.tasks import clock as ticking
from schemes.database import connect, new_id, transaction
from schemes.errors import NotFound
from schemes.payee import Capacity, Mandate, Payee
from tests.office import Office

BODY_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'body_id'
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""


@pytest.fixture(scope="module")
def two(prepare, landed, small_register):
    """Two bodies, each with a row at least in every table that has bodies' rows; the service stays connected."""
    with prepare("payouts_two_bodies", landed.database) as service:
        quay = seed(service, name="Quay Trust", domain="quay.example")
        second = Office(service, quay)
        import_id = second.bring_in(small_register)
        second.keep(import_id)
        second.confirm(import_id)
        both = (Office(service, landed.harbour), second)
        for office in both:
            with office.transaction() as session:
                payee_id = session.scalars(select(Payee.id).limit(1)).one()
            office.change_bank_details(payee_id)
            office.note_confirmation(payee_id)
            office.let_go_on(payee_id, office.stop_payments(payee_id))
            with office.transaction() as session:
                appointed = select(Mandate.payee_id).where(Mandate.capacity == Capacity.APPOINTEE).limit(2)
                gone_id, kept_id = session.scalars(appointed.order_by(Mandate.payee_id)).all()
            office.confirm_change(office.propose_merge(office.pair(gone_id, kept_id), kept_id=kept_id))
            payroll_id = office.create()
            office.work()
            office.accept_findings(payroll_id)
            office.seal(payroll_id)
            office.decide_all(payroll_id)
            office.download(payroll_id)
            office.record_submission(payroll_id)
            office.work(leave="notices.send")
        ticking.link_audit(service)
        for office in both:
            office.create()  # its awards are paid already: somebody is unpaid; its events are not linked yet
            office.work(leave="notices.send")
        fill_what_is_empty(service, (landed.harbour.body_id, quay.body_id))
        yield service, landed.harbour.body_id, quay.body_id


def fill_what_is_empty(service, bodies):
    """A row of each body in the tables that a payroll leaves empty: of no sense, since row security needs none.

    The database is this module's own, so the rules that would ask for sense are taken off these tables.
    """
    engine = connect(service.settings.owner_database_url)
    with engine.begin() as owner:
        owner.execute(text("SET session_replication_role = replica"))
        for table in owner.scalars(text(BODY_TABLES)).all():
            missing = [body for body in bodies if count(owner, table, body) == 0]
            for rule in owner.scalars(text(CHECKS), {"table": table}).all() if missing else ():
                owner.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{rule}"'))
            columns = owner.execute(text(COLUMNS), {"table": table}).all()
            for body in missing:
                values = {name: body if name == "body_id" else SOMETHING[kind]() for name, kind in columns}
                listed, given = ", ".join(values), ", ".join(f":{name}" for name in values)
                owner.execute(text(f"INSERT INTO {table} ({listed}) VALUES ({given})"), values)
    engine.dispose()


CHECKS = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = cast(:table AS regclass)"
COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER'
"""
SOMETHING = {
    "uuid": new_id,
    "text": lambda: new_id().hex,
    "character varying": lambda: new_id().hex,
    "integer": lambda: 1,
    "bigint": lambda: 1,
    "smallint": lambda: 1,
    "boolean": lambda: False,
    "date": lambda: date(2026, 11, 1),
    "time without time zone": lambda: time(12),
    "timestamp with time zone": lambda: datetime(2026, 11, 1, tzinfo=UTC),
    "bytea": lambda: new_id().bytes,
    "jsonb": lambda: "{}",
}


@pytest.fixture(scope="module")
def owner(two):
    engine = connect(two[0].settings.owner_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def body_tables(owner):
    with owner.connect() as connection:
        found = connection.scalars(text(BODY_TABLES)).all()
    assert len(found) > 20
    return found


def count(session, table, body_id=None):
    where = "" if body_id is None else f" WHERE body_id = '{body_id}'"
    return session.scalar(text(f"SELECT count(*) FROM {table}{where}"))


def test_every_table_holds_rows_of_both_bodies_so_that_what_follows_proves_something(two, owner, body_tables):
    _, harbour, quay = two
    with owner.connect() as connection:
        empty = [(t, body) for t in body_tables for body in (harbour, quay) if count(connection, t, body) == 0]
    assert empty == []


def test_a_body_sees_all_of_its_own_rows_and_none_of_its_neighbours_in_any_table(two, owner, body_tables):
    service, harbour, quay = two
    with owner.connect() as connection:
        all_there = {(t, b): count(connection, t, b) for t in body_tables for b in (harbour, quay)}
    for mine in (harbour, quay):
        with service.transaction(mine) as session:
            seen = {table: count(session, table) for table in body_tables}
            assert seen == {table: all_there[table, mine] for table in body_tables}
            assert session.scalars(text("SELECT id FROM body")).all() == [mine]
            members = text("SELECT DISTINCT person_id FROM membership")
            assert set(session.scalars(text("SELECT id FROM person"))) == set(session.scalars(members))


@pytest.mark.parametrize("setting", [None, ""], ids=["never set", "set to nothing"])
def test_with_no_body_set_not_one_row_of_any_body_is_seen(two, body_tables, setting):
    service, _, _ = two
    with service.engine.connect() as connection:
        if setting is not None:
            connection.execute(text("SELECT set_config('payouts.body_id', :setting, true)"), {"setting": setting})
        assert {t: count(connection, t) for t in (*body_tables, "body", "person")} == dict.fromkeys(
            (*body_tables, "body", "person"), 0
        )


def test_a_transaction_of_one_body_leaves_nothing_set_for_the_next_on_the_same_connection(two):
    settings = two[0].settings
    engine = connect(settings.database_url, pool_size=1)
    with transaction(engine, two[1]) as session:
        first = session.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == first
        assert count(connection, "payee") == 0
    engine.dispose()


def test_a_row_for_the_neighbour_is_refused_in_every_table_that_can_be_written(two, owner, body_tables):
    service, harbour, quay = two
    for table in body_tables:
        with owner.connect() as connection:
            row = connection.scalar(text(f"SELECT to_jsonb({table}) FROM {table} WHERE body_id = '{quay}' LIMIT 1"))
        with pytest.raises(DBAPIError) as refused, service.transaction(harbour) as session:
            session.execute(
                text(f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, :row)"),
                {"row": json.dumps(row)},
            )
        assert isinstance(refused.value.orig, errors.InsufficientPrivilege), table


def test_no_column_that_the_app_may_update_can_be_changed_in_a_neighbours_row(two, owner, body_tables):
    service, harbour, quay = two
    with owner.connect() as connection:
        may = connection.execute(
            text(
                """
                SELECT a.attrelid::regclass::text, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
                   AND has_column_privilege('payouts_app', c.oid, a.attname, 'UPDATE')
                """
            )
        ).all()
        members = connection.scalars(text(f"SELECT person_id FROM membership WHERE body_id = '{quay}'")).all()
    assert may
    assert not {column for _, column in may} & {"body_id", "id", "amount_pence", "payroll_id", "person_id"}
    with service.transaction(harbour) as session:
        for table, column in may:
            theirs = f"body_id = '{quay}'" if table in body_tables else f"id IN ('{members[0]}', '{members[1]}')"
            changed = session.execute(text(f"UPDATE {table} SET {column} = {column} WHERE {theirs}"))
            assert changed.rowcount == 0, (table, column)


def test_a_neighbours_rows_cannot_be_deleted(two, owner, body_tables):
    service, harbour, quay = two
    with owner.connect() as connection:
        before = {table: count(connection, table, quay) for table in body_tables}
        may = [
            table
            for table in body_tables
            if connection.scalar(text(f"SELECT has_table_privilege('payouts_app', '{table}', 'DELETE')"))
        ]
    assert may
    with service.transaction(harbour) as session:
        for table in may:
            assert session.execute(text(f"DELETE FROM {table} WHERE body_id = '{quay}'")).rowcount == 0
    with owner.connect() as connection:
        assert {table: count(connection, table, quay) for table in body_tables} == before


def test_a_foreign_key_cannot_reach_a_neighbours_payee(two, owner):
    service, harbour, quay = two
    with owner.connect() as connection:
        theirs = connection.scalar(text("SELECT id FROM payee WHERE body_id = :b LIMIT 1"), {"b": quay})
    with service.transaction(harbour) as session:
        mine = session.scalar(text("SELECT id FROM beneficiary LIMIT 1"))
    values = {"b": harbour, "id": new_id(), "mine": mine, "theirs": theirs, "at": service.now()}
    with pytest.raises(DBAPIError) as refused, service.transaction(harbour) as session:
        session.execute(
            text(
                "INSERT INTO mandate (body_id, id, beneficiary_id, payee_id, capacity, made_at) "
                "VALUES (:b, :id, :mine, :theirs, 'appointee', :at)"
            ),
            values,
        )
    assert isinstance(refused.value.orig, errors.ForeignKeyViolation)


def test_a_body_cannot_be_added_from_within_another(two):
    service, harbour, _ = two
    with pytest.raises(DBAPIError) as refused, service.transaction(harbour) as session:
        session.execute(
            text(
                "INSERT INTO body (id, kind, name, colour, contact_email, made_at) "
                "VALUES (:id, 'live', 'x', '#000000', 'x@x.example', :at)"
            ),
            {"id": new_id(), "at": service.now()},
        )
    assert isinstance(refused.value.orig, errors.InsufficientPrivilege)


def test_an_operation_asked_for_a_neighbours_row_says_that_there_is_none(two):
    service, harbour, quay = two
    with service.transaction(quay) as session:
        theirs: UUID = session.query(Payroll).first().id
    with pytest.raises(NotFound), service.transaction(harbour) as session:
        get_payroll(session, theirs)


def test_what_is_told_before_a_body_is_known_names_no_more_than_it_must(two):
    """Ids to work on, never a row: the functions that see across bodies give out only these columns."""
    with two[0].transaction(None) as session:
        columns = dict(
            session.execute(
                text(
                    "SELECT proname, pg_get_function_result(oid) FROM pg_proc WHERE prosecdef "
                    "AND pronamespace = 'public'::regnamespace"
                )
            ).all()
        )
    assert columns["body_of_notice"] == "TABLE(body_id uuid)"
    assert columns["bodies_with_pending_audit"] == "TABLE(body_id uuid)"
    assert columns["tasks_to_push"] == "TABLE(id uuid, body_id uuid, attempts integer)"
