"""Movements out of what is held are found by the index of those into it."""

import sqlalchemy as sa
from alembic import op

revision = "into_and_out_of_held"
down_revision = "one_offs_of_payroll"


def upgrade() -> None:
    op.drop_index("ix_ledger_entry_held", "ledger_entry")
    op.create_index(
        "ix_ledger_entry_held",
        "ledger_entry",
        ["body_id", "id"],
        postgresql_where=sa.text("credit = 'returned_and_held' OR debit = 'returned_and_held'"),
    )
