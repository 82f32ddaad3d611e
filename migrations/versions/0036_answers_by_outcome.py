"""An index for the work lists of answers by their class."""

from alembic import op

revision = "answers_by_outcome"
down_revision = "restriction"


def upgrade() -> None:
    op.create_index("ix_confirmation_outcome", "confirmation", ["body_id", "outcome", "account_id"])
