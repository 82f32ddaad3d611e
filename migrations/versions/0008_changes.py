"""Changes that take effect only when a second person confirms them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "changes"
down_revision = "0007"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by", sa.Uuid(), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('cooling_off')", name=op.f("ck_change_changekind")),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_change_two_people")),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_change_confirmed")),
        sa.CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name=op.f("ck_change_rejection"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_change")),
    )
    op.create_index("ix_change_proposed", "change", ["body_id", "proposed_at"])
    op.create_index(
        "uq_change_waiting",
        "change",
        ["body_id", "kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at is null and rejected_at is null"),
    )
    op.execute("ALTER TABLE change ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE change FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON change TO payouts_app")
    decided = "confirmed_by, confirmed_at, rejected_by, rejected_at, rejected_because"
    op.execute(f"GRANT UPDATE ({decided}) ON change TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON change USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
