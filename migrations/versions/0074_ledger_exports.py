"""Journals that were exported for the finance system, with their digests."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_exports"
down_revision = "stopped_since"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "ledger_export",
        sa.Column("payroll_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "profile IN ('two_columns', 'signed', 'code_string')", name=op.f("ck_ledger_export_profilename")
        ),
        sa.CheckConstraint("form IN ('csv', 'xlsx')", name=op.f("ck_ledger_export_form")),
        sa.CheckConstraint(
            "(payroll_id is null) = (first_day is not null and last_day is not null)",
            name=op.f("ck_ledger_export_scope"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_ledger_export_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_ledger_export")),
    )
    op.create_index("ix_ledger_export_made", "ledger_export", ["body_id", "made_at"])
    op.execute("ALTER TABLE ledger_export ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ledger_export FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON ledger_export TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON ledger_export USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_export "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
