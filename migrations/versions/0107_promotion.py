"""A sandbox's set-up is carried over to its live body as one change."""

import re

import sqlalchemy as sa
from alembic import op

revision = "promotion"
down_revision = "check_rules"


def upgrade() -> None:
    add_word("change", "ck_change_changekind", "kind", "promotion")


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
