"""Payees hear of a later day and of a cheque in the post, and a connection says whether its service is in trial."""

import re

import sqlalchemy as sa
from alembic import op

revision = "told_of_more"
down_revision = "staff_wording"


def upgrade() -> None:
    for table in ("notice", "notice_wording"):
        for word in ("payment_moved", "cheque_posted"):
            add_word(table, f"ck_{table}_noticeevent", "event", word)
    op.add_column("notify_connection", sa.Column("in_trial", sa.Boolean(), server_default=sa.false(), nullable=False))


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
