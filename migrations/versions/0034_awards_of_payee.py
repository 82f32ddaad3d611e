"""Finding the awards of a payee that became theirs later, and the returned payments of an award."""

import sqlalchemy as sa
from alembic import op

revision = "awards_of_payee"
down_revision = "mandates"


def upgrade() -> None:
    op.create_index("ix_award_version_payee", "award_version", ["body_id", "payee_id"])
    op.create_index(
        "ix_payment_returned", "payment", ["body_id", "award_id"], postgresql_where=sa.text("status = 'returned'")
    )
