"""A scheme that is older than versions becomes its own first version, with its gates and the periods it paid."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from alembic import command
from sqlalchemy import text

from payouts.migrating import alembic_config
from schemes.database import connect, new_id
from schemes.definition import definition_from, faults_of
from schemes.gate_rule import FIRST_GATES
from schemes.period import Frequency

BEFORE = "award_history"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def older(servers):
    """The owner's engine on a database of the time before versions."""
    servers.make_database("older_schemes")
    command.upgrade(alembic_config(servers.owner_url("older_schemes")), BEFORE)
    engine = connect(servers.owner_url("older_schemes"))
    yield engine
    engine.dispose()
    servers.drop_database("older_schemes")


def insert(connection, table, **values):
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def test_a_scheme_that_is_older_than_versions_is_its_own_first_version(servers, older):
    body, key, profile, scheme = (new_id() for _ in range(4))
    with older.begin() as connection:
        insert(
            connection,
            "body",
            id=body,
            kind="sandbox",
            name="Harbour",
            colour="#000000",
            contact_email="a@b.c",
            made_at=NOON,
        )
        connection.execute(text("SET session_replication_role = replica"))
        insert(
            connection, "bank_profile", body_id=body, id=profile, name="Fund", service_user_number="000000",
            service_user_name="FUND", account_name="FUND", key_id=key, sealed_account=b"", last_four="4958",
            cut_off="21:00", item_limit_pence=1, file_limit_pence=1, items_per_file=1, next_serial=1, made_at=NOON,
        )  # fmt: skip
        insert(
            connection, "scheme", body_id=body, id=scheme, code="HIL", name="Living", pays_for="Support",
            component="support", frequency="monthly", first_period_day=date(2025, 4, 1), payment_limit_pence=1000,
            payroll_limit_pence=2000, bank_profile_id=profile, version=1, made_at=NOON,
        )  # fmt: skip
        for place, gate in enumerate(FIRST_GATES, start=1):
            insert(
                connection, "gate_rule", body_id=body, id=new_id(), scheme_id=scheme, position=place,
                kind=gate.kind.value, name=gate.name, question=gate.question, role=gate.role.value,
                people_needed=gate.people_needed, evidence_asked=gate.evidence_asked,
            )  # fmt: skip
    command.upgrade(alembic_config(servers.owner_url("older_schemes")), "head")
    with older.connect() as connection:
        found = connection.execute(text("SELECT * FROM scheme_version")).mappings().one()
    definition = definition_from(found["definition"])
    assert (found["scheme_id"], found["number"], found["effective_from"]) == (scheme, 1, date(2025, 4, 1))
    assert (definition.code, definition.components[0].code, definition.gates) == ("HIL", "support", FIRST_GATES)
    assert definition.schedule.frequency is Frequency.MONTHLY
    assert faults_of(definition) == []
