"""What a payment costs by the channel that it goes by."""

import sqlalchemy as sa
from alembic import op

revision = "channel_costs"
down_revision = "one_person"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "channel_cost",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("pence_a_hundred", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("pence_a_hundred >= 0", name=op.f("ck_channel_cost_pence_a_hundred")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_channel_cost")),
        sa.UniqueConstraint("body_id", "channel", "from_day", name=op.f("uq_channel_cost_body_id_channel_from_day")),
    )
    op.execute("ALTER TABLE channel_cost ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE channel_cost FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON channel_cost TO payouts_app")
    op.execute("GRANT UPDATE (pence_a_hundred, set_by, set_at) ON channel_cost TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON channel_cost USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
