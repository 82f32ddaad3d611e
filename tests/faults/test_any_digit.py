"""Any byte, digit or rule that is changed after the first decision is named at release, whoever changed it and where.

The owner of the database changes something with every trigger off, looks as the release does, and puts it back.
"""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from payouts.channels.release import not_as_approved
from payouts.demo.harbour import Harbour
from payouts.payroll import get_payroll
from tests.office import Office

pytestmark = pytest.mark.faults

CHANGES = 12
# a right that the role has not, or a trigger that raises
REFUSED = ("42501", "P0001")
PAID = "id IN (SELECT account_id FROM payment WHERE payroll_id = :payroll)"
MINE = "payroll_id = :payroll"
# table, column, which rows, and how what is named at release begins
PLACES = (
    ("payment", "amount_pence", MINE, "payments"),
    ("payment", "reference", MINE, "payments"),
    ("payment", "payee_id", MINE, "payments"),
    ("payment", "beneficiary_id", MINE, "payments"),
    ("payment", "ordinal", MINE, "payments"),
    ("account", "holder_name", PAID, "payments"),
    ("account", "fingerprint", PAID, "payments"),
    ("account", "sealed_details", PAID, "payments"),
    ("account", "proposed_by", PAID, "payments"),
    ("account", "confirmed_by", PAID, "payments"),
    ("account", "confirmed_under", f"{PAID} AND confirmed_by IS NOT NULL", "payments"),
    ("file_segment", "sealed", "file_id IN (SELECT id FROM payment_file WHERE payroll_id = :payroll)", "file "),
    ("payment_file", "sha256", MINE, "files"),
    ("payment_file", "name", MINE, "files"),
    ("payment_file", "total_pence", MINE, "files"),
    ("gate", "people_needed", MINE, "gates"),
    ("gate", "position", MINE, "gates"),
    ("finding", "reason", f"{MINE} AND reason IS NOT NULL", "check_results"),
    ("finding", "accepted_by", f"{MINE} AND reason IS NOT NULL", "check_results"),
    ("finding", "payment_id", f"{MINE} AND payment_id IS NOT NULL", "check_results"),
    ("payroll", "pay_date", "id = :payroll", "pay_date"),
    ("payroll", "input_day", "id = :payroll", "input_day"),
    ("payroll", "total_pence", "id = :payroll", "total_pence"),
    ("payroll", "payment_count", "id = :payroll", "payment_count"),
    ("payroll", "scheme_version", "id = :payroll", "scheme_version"),
    ("scheme_version", "definition", "number = 1", "rules"),
    ("bank_profile", "item_limit_pence", "true", "rules"),
    ("bank_profile", "service_user_name", "true", "rules"),
    ("bank_profile", "sealed_account", "true", "rules"),
    ("decision", "evidence", f"{MINE} AND evidence <> ''", "decision"),
    ("decision", "manifest_digest", MINE, "decision"),
    ("decision", "signature", MINE, "decision"),
    ("decision", "person_id", MINE, "decision"),
    ("decision", "decided_at", MINE, "decision"),
    ("manifest", "digest", MINE, "manifest"),
)

# a rule of the same id as the person: that both are ids must not hide which of them it was
SETS = {"confirmed_under": "confirmed_by = NULL, confirmed_under = confirmed_by"}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def harbour(start) -> Harbour:
    return start.harbour


@pytest.fixture
def office(service, harbour) -> Office:
    return Office(service, harbour)


def another(dice, value):
    """The same value but for one digit, letter, byte or bit."""
    if isinstance(value, bool | int):
        return value + dice.choice((1, -1)) if value > 1 else value + 1
    if isinstance(value, bytes | memoryview):
        changed = bytearray(value)
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        return bytes(changed)
    if isinstance(value, dict):
        return Jsonb({**value, "payment_limit_pence": value["payment_limit_pence"] + 1})
    if isinstance(value, UUID):
        return UUID(int=value.int ^ (1 << dice.randrange(128)))
    if isinstance(value, str):
        place = dice.randrange(len(value))
        letter = dice.choice([one for one in "0123456789abcdef" if one != value[place]])
        return value[:place] + letter + value[place + 1 :]
    return value.replace(day=value.day % 28 + 1)


def test_whatever_is_changed_after_the_first_decision_is_named_at_release(office, sealed, owner, seed):
    dice = random.Random(seed)
    office.decide_all(sealed.payroll_id, upto=3)
    payroll = {"payroll": sealed.payroll_id}
    for table, column, which, named in dice.sample(PLACES, CHANGES):
        with owner.connect() as connection, connection.begin() as change:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            rows = connection.execute(
                text(f"SELECT ctid::text, {column} FROM {table} WHERE {which} ORDER BY ctid"), payroll
            ).all()
            place, value = dice.choice(rows)
            changed = {"place": place} | ({} if column in SETS else {"value": another(dice, value)})
            setting = SETS.get(column, f"{column} = :value")
            try:
                connection.execute(text(f"UPDATE {table} SET {setting} WHERE ctid = :place::tid"), changed)
            except DBAPIError:
                # a check of the column itself, which nobody switches off
                continue
            connection.execute(
                text("SELECT set_config('payouts.body_id', :body, true)"), {"body": str(office.harbour.body_id)}
            )
            with Session(connection, info={"body_id": office.harbour.body_id}) as session:
                found = not_as_approved(
                    session,
                    office.service.seals,
                    get_payroll(session, sealed.payroll_id),
                    signer=office.service.signer,
                )
            assert any(one.startswith(named) for one in found), f"{table}.{column}: {value!r} to {changed}: {found}"
            change.rollback()
    with office.transaction() as session:
        whole = get_payroll(session, sealed.payroll_id)
        assert not_as_approved(session, office.service.seals, whole, signer=office.service.signer) == []


def test_the_app_itself_may_change_none_of_it(office, sealed, seed):
    """By the app's own role, of what was approved nothing is changed or removed by hand: the database refuses."""
    dice = random.Random(seed)
    office.decide_all(sealed.payroll_id, upto=3)
    # what the app moves by itself, or adds to as a payroll goes on, is held by the manifest and not by a right
    moves = {
        ("payroll", "total_pence"),
        ("payroll", "payment_count"),
        ("payroll", "pay_date"),
        ("payroll", "input_day"),
    }
    moves |= {
        ("finding", "reason"),
        ("finding", "accepted_by"),
        ("account", "confirmed_by"),
        ("account", "confirmed_under"),
    }
    for table, column, which, _ in dice.sample([one for one in PLACES if one[:2] not in moves], CHANGES // 2):
        for statement in (
            f"UPDATE {table} SET {column} = {column} WHERE {which}",
            f"DELETE FROM {table} WHERE {which}",
        ):
            if statement.startswith("DELETE") and table in ("payment", "finding"):
                continue
            with pytest.raises(DBAPIError) as refused, office.transaction() as session:
                session.execute(text(statement), {"payroll": sealed.payroll_id})
            assert refused.value.orig.sqlstate in REFUSED, statement
