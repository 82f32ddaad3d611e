"""Restricted records; and what came into the register since is written over as well when somebody is erased."""

import re

import sqlalchemy as sa
from alembic import op

revision = "restriction"
down_revision = "awards_of_payee"

LATER = """
            UPDATE account SET confirmed_because = CASE WHEN confirmed_because IS NOT NULL THEN 'erased' END,
                   looked_because = CASE WHEN looked_because IS NOT NULL THEN 'erased' END
             WHERE body_id = mine AND payee_id = who;
            UPDATE details_warning SET sealed_content = NULL, error = NULL
             WHERE body_id = mine AND account_id = ANY (accounts);
            UPDATE note SET sealed_text = '' WHERE body_id = mine AND payee_id = who;
            """


def upgrade() -> None:
    allow("hold", "ck_hold_holdkind", "kind", "restricted")
    allow("unpaid", "ck_unpaid_unpaidreason", "reason", "restricted")
    op.execute("GRANT UPDATE (confirmed_because, looked_because) ON account TO payouts_eraser")
    op.execute("GRANT SELECT, UPDATE (sealed_content, error) ON details_warning TO payouts_eraser")
    op.execute("GRANT SELECT, UPDATE (sealed_text) ON note TO payouts_eraser")
    made = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)"))
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.get_bind().exec_driver_sql(made.replace("RETURN cardinality(files);", f"{LATER}RETURN cardinality(files);"))
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")


def allow(table: str, name: str, column: str, value: str) -> None:
    """Add a word to those that a column may hold."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", there), value]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(word) for word in words)})")
