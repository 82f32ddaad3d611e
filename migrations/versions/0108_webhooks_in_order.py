"""What a webhook is to be sent stands in its order, so that a round reads no more than it sends."""

import sqlalchemy as sa
from alembic import op

revision = "webhooks_in_order"
down_revision = "promotion"


def upgrade() -> None:
    op.create_index(
        "ix_webhook_delivery_next",
        "webhook_delivery",
        ["body_id", "webhook_id", "position", "id"],
        postgresql_where=sa.text("status = 'waiting' and attempts >= 0"),
    )
