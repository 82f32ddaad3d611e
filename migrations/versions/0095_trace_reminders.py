"""Reminders of traces that are late, each a step of its trace."""

import re

import sqlalchemy as sa
from alembic import op

revision = "trace_reminders"
down_revision = "claims"


def upgrade() -> None:
    widen("trace_step", "ck_trace_step_stepkind", "kind", "reminded")


def widen(table: str, check: str, column: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
