"""Payees hear by their own channel, and in their language, where a payment is that is looked for."""

import re

import sqlalchemy as sa
from alembic import op

revision = "payment_looked_for"
down_revision = "looked_up_by_index"


def upgrade() -> None:
    for table in ("notice", "notice_wording"):
        name = f"ck_{table}_noticeevent"
        there = op.get_bind().scalar(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
        )
        words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), "payment_looked_for"]
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"event IN ({', '.join(map(repr, words))})")
