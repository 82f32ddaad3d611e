"""An index of its own for one-off payments that ended: entering one read all that a body ever had."""

import sqlalchemy as sa
from alembic import op

revision = "one_offs_ended"
down_revision = "last_look"


def upgrade() -> None:
    op.create_index(
        "ix_one_off_ended",
        "one_off",
        ["body_id", "scheme_id", "beneficiary_id"],
        postgresql_where=sa.text("ended_at is not null"),
    )
