"""Ending a recovery, and writing off what was paid too much."""

import sqlalchemy as sa
from alembic import op

revision = "write_offs"
down_revision = "file_segments"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
DECIDED = "confirmed_by, confirmed_at, rejected_by, rejected_at, rejected_because"


def upgrade() -> None:
    op.create_table(
        "write_off",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("recovery_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("stop", "write_off", name="ending", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("pence", sa.BigInteger(), nullable=True),
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
        sa.CheckConstraint(
            "(recovery_id is null) = (pence is not null) and coalesce(pence, 1) > 0", name=op.f("ck_write_off_pence")
        ),
        sa.CheckConstraint("recovery_id is not null or kind = 'write_off'", name=op.f("ck_write_off_stopped")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_write_off_reason")),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_write_off_two_people")),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_write_off_confirmed")),
        sa.CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name=op.f("ck_write_off_rejection"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "award_id"], ["award.body_id", "award.id"], name=op.f("fk_write_off_body_id_award_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "recovery_id"],
            ["recovery.body_id", "recovery.id"],
            name=op.f("fk_write_off_body_id_recovery_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_write_off")),
    )
    op.create_index("ix_write_off_award", "write_off", ["body_id", "award_id"])
    op.create_index(
        "uq_write_off_waiting",
        "write_off",
        ["body_id", "award_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at is null and rejected_at is null"),
    )
    op.create_index(
        "uq_write_off_recovery",
        "write_off",
        ["body_id", "recovery_id"],
        unique=True,
        postgresql_where=sa.text("recovery_id is not null and confirmed_at is not null"),
    )
    op.execute("ALTER TABLE write_off ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE write_off FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON write_off TO payouts_app")
    op.execute(f"GRANT UPDATE ({DECIDED}) ON write_off TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON write_off USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
