"""Since when a body is held, because the database came back from a backup that is older than what was published."""

import sqlalchemy as sa
from alembic import op

revision = "held_copy"
down_revision = "notice_counts"


def upgrade() -> None:
    op.add_column("body", sa.Column("held_since", sa.DateTime(timezone=True)))
    op.execute("GRANT UPDATE (held_since) ON body TO payouts_app")
