"""What those who are not paid would have been paid."""

import sqlalchemy as sa
from alembic import op

revision = "unpaid_amounts"
down_revision = "comparisons"


def upgrade() -> None:
    op.add_column("unpaid", sa.Column("due_pence", sa.BigInteger(), nullable=True))
