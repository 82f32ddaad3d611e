"""Which one-off payments a payroll pays, without a look at all that it pays: few of a million are none of an award."""

import sqlalchemy as sa
from alembic import op

revision = "one_offs_of_payroll"
down_revision = "signed_answers"


def upgrade() -> None:
    op.create_index(
        "ix_payment_one_offs_of_payroll",
        "payment",
        ["body_id", "payroll_id", "one_off_id"],
        postgresql_where=sa.text("one_off_id is not null"),
    )
