"""Drafts of schemes and of their next versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "scheme_drafts"
down_revision = "erasure"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "scheme_draft",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "change_id"], ["change.body_id", "change.id"], name=op.f("fk_scheme_draft_body_id_change_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_scheme_draft")),
    )
    op.create_index("ix_scheme_draft_scheme", "scheme_draft", ["body_id", "scheme_id"])
    op.execute("ALTER TABLE scheme_draft ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE scheme_draft FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON scheme_draft TO payouts_app")
    op.execute("GRANT UPDATE (definition, change_id, changed_at, discarded_at) ON scheme_draft TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON scheme_draft USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
