"""The first replies to requests of the API, by their Idempotency-Key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "api_replies"
down_revision = "one_offs"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "api_reply",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", JSONB(), nullable=True),
        sa.Column("content", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"], ["api_key.body_id", "api_key.id"], name=op.f("fk_api_reply_body_id_key_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_api_reply")),
    )
    op.create_index("ix_api_reply_made_at", "api_reply", ["body_id", "made_at"])
    op.execute("ALTER TABLE api_reply ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE api_reply FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, DELETE ON api_reply TO payouts_app")
    op.execute("GRANT UPDATE (status, headers, content) ON api_reply TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON api_reply USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
