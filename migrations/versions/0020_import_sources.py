"""Files of payees with columns of their own: what was asked and answered about them, and the sources remembered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "import_sources"
down_revision = "bank_corrections"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
STATUSES = ("reading", "asking", "unreadable", "read", "landing", "landed", "confirmed", "discarded")


def upgrade() -> None:
    op.create_table(
        "import_source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("header", JSONB(), nullable=False),
        sa.Column("header_digest", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten_by", sa.Uuid(), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(forgotten_by is null) = (forgotten_at is null)", name=op.f("ck_import_source_forgotten")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_import_source")),
    )
    op.create_index("ix_import_source_header", "import_source", ["body_id", "header_digest", "made_at"])
    op.execute("ALTER TABLE import_source ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE import_source FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON import_source TO payouts_app")
    op.execute("GRANT UPDATE (forgotten_by, forgotten_at) ON import_source TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON import_source USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    for column in (sa.Column("asked", JSONB()), sa.Column("answers", JSONB()), sa.Column("source_id", sa.Uuid())):
        op.add_column("register_import", column)
    op.add_column("register_import", sa.Column("whole", sa.Boolean(), nullable=False, server_default="false"))
    op.alter_column("register_import", "whole", server_default=None)
    op.add_column("register_import", sa.Column("step_asked_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE register_import SET step_asked_at = made_at")
    op.alter_column("register_import", "step_asked_at", nullable=False)
    op.create_foreign_key(
        op.f("fk_register_import_body_id_source_id"),
        "register_import",
        "import_source",
        ["body_id", "source_id"],
        ["body_id", "id"],
    )
    op.execute("GRANT UPDATE (asked, answers, source_id, whole, step_asked_at) ON register_import TO payouts_app")
    op.drop_constraint(op.f("ck_register_import_importstatus"), "register_import", type_="check")
    listed = ", ".join(f"'{status}'" for status in STATUSES)
    op.create_check_constraint(op.f("ck_register_import_importstatus"), "register_import", f"status IN ({listed})")
