"""Checks in chunks, that any worker does."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "check_chunks"
down_revision = "recoveries"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "check_chunk",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("first_award_id", sa.Uuid(), nullable=False),
        sa.Column("last_award_id", sa.Uuid(), nullable=False),
        sa.Column("shared_accounts", JSONB(), nullable=False),
        sa.Column("several_payments", JSONB(), nullable=False),
        sa.Column("due_count", sa.Integer(), nullable=True),
        sa.Column("due_pence", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_check_chunk_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", "number", name=op.f("pk_check_chunk")),
    )
    op.execute("ALTER TABLE check_chunk ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_chunk FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, DELETE, UPDATE (due_count, due_pence) ON check_chunk TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON check_chunk USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
