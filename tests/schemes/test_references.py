"""What a row of the register stands on is looked up for all rows of a statement at once, and never goes away."""

from __future__ import annotations

import pytest
from psycopg import errors
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

# what has to differ for a copy of a row to be another row
ANOTHER = {"id": "uuidv7()", "reference": "'COPY-' || n", "version": "99 + n", "first_day": "date '1999-01-01' + n"}
ANOTHER |= {"line": "1000 + n"}
STOOD_ON = ("body", "sealing_key", "beneficiary", "payee", "scheme", "register_import")


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def landed(office, small_register):
    import_id = office.bring_in(small_register)
    office.keep(import_id)


def keys_asked_by_triggers(connection):
    return connection.execute(
        text(
            """
            SELECT k.conname, k.conrelid::regclass::text AS copied, a.attname AS names
              FROM pg_constraint k
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[cardinality(conkey)]
             WHERE k.contype = 'f' AND NOT k.conenforced ORDER BY 1
            """
        )
    ).all()


def copy(connection, table, *, rows, of="last", names=None, instead="uuidv7()"):
    """Rows like the first or last one that is there, the last of which names what is not there, or another's."""
    columns = [column["name"] for column in inspect(connection).get_columns(table)]
    becomes = {column: f"x.{column}" for column in columns}
    becomes |= {column: value for column, value in ANOTHER.items() if column in becomes}
    order = f"{'id' if 'id' in becomes else 'line'} {'DESC' if of == 'last' else ''}"
    if names:
        becomes[names] = f"CASE WHEN n = {rows} THEN {instead} ELSE x.{names} END"
    connection.execute(
        text(
            f"INSERT INTO {table} ({', '.join(becomes)}) SELECT {', '.join(becomes.values())} "
            f"FROM (SELECT * FROM {table} WHERE body_id IS NOT NULL ORDER BY {order} LIMIT 1) x, "
            f"generate_series(1, {rows}) n"
        )
    )


@pytest.mark.parametrize(("rows", "of"), [(1, "first"), (30, "first"), (30, "last")])
def test_every_key_that_a_trigger_asks_for_is_refused_like_any_other(landed, owner, rows, of):
    with owner.connect() as connection:
        keys = keys_asked_by_triggers(connection)
        assert len(keys) == 13
        for key in keys:
            with connection.begin_nested() as as_it_is:
                copy(connection, key.copied, rows=rows, of=of)
                as_it_is.rollback()
            with pytest.raises(DBAPIError) as refused, connection.begin_nested():
                copy(connection, key.copied, rows=rows, of=of, names=key.names)
            assert isinstance(refused.value.orig, errors.ForeignKeyViolation), key.conname
            if key.names != "body_id":
                assert refused.value.orig.diag.constraint_name == key.conname
            connection.rollback()


def test_many_rows_of_which_one_is_a_neighbours_are_refused(landed, owner):
    with owner.connect() as connection:
        changed = "jsonb_populate_record(body, jsonb_build_object('id', uuidv7()))"
        connection.execute(text(f"INSERT INTO body SELECT ({changed}).* FROM body LIMIT 1"))
        instead = "(SELECT id FROM body ORDER BY id DESC LIMIT 1)"
        keys = [key for key in keys_asked_by_triggers(connection) if key.names != "body_id"]
        for table in {key.copied for key in keys}:
            with pytest.raises(DBAPIError) as refused, connection.begin_nested():
                copy(connection, table, rows=30, names="body_id", instead=instead)
            named = [key.conname for key in keys if key.copied == table]
            assert refused.value.orig.diag.constraint_name in named


def test_an_award_moves_only_to_a_payee_who_is_there(landed, owner):
    with owner.connect() as connection:
        award, payee = connection.execute(
            text("SELECT a.id, p.id FROM award a JOIN payee p ON p.id <> a.payee_id LIMIT 1")
        ).one()
        move = text("UPDATE award SET payee_id = coalesce(:payee, uuidv7()) WHERE id = :award")
        connection.execute(move, {"payee": payee, "award": award})
        with pytest.raises(DBAPIError) as refused:
            connection.execute(move, {"payee": None, "award": award})
    assert isinstance(refused.value.orig, errors.ForeignKeyViolation)


@pytest.mark.parametrize("table", STOOD_ON)
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET id = uuidv7()", "TRUNCATE {} CASCADE"])
def test_what_others_stand_on_stays_whoever_asks(landed, owner, table, act):
    with pytest.raises(DBAPIError, match="stays") as refused, owner.connect() as connection:
        connection.execute(text(act.format(table)))
    assert isinstance(refused.value.orig, errors.RestrictViolation)
