"""Files that somebody held against the approved ones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "file_check"
down_revision = "body_details"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "file_check",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("differing", JSONB(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('same_bytes', 'same_payments', 'differs')", name=op.f("ck_file_check_checkoutcome")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_file_check_body_id_payroll_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "file_id"],
            ["payment_file.body_id", "payment_file.id"],
            name=op.f("fk_file_check_body_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_file_check")),
    )
    op.create_index("ix_file_check_payroll", "file_check", ["body_id", "payroll_id", "checked_at"])
    op.execute("ALTER TABLE file_check ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE file_check FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON file_check TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON file_check USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON file_check "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
