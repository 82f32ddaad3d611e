"""Payees hear that the cheque that they were sent is stopped."""

import re

import sqlalchemy as sa
from alembic import op

revision = "cheque_stopped"
down_revision = "openpgp"


def upgrade() -> None:
    for table in ("notice", "notice_wording"):
        name = f"ck_{table}_noticeevent"
        there = op.get_bind().scalar(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
        )
        words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), "cheque_stopped"]
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"event IN ({', '.join(map(repr, words))})")
