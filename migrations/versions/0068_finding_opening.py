"""Whoever approves opens the findings about accounts, duplicates and variance, and signs that they did."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "finding_opening"
down_revision = "bank_connection"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "finding_opening",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_finding_opening_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_finding_opening")),
        sa.UniqueConstraint(
            "body_id", "finding_id", "opened_by", name=op.f("uq_finding_opening_body_id_finding_id_opened_by")
        ),
    )
    op.execute("ALTER TABLE finding_opening ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE finding_opening FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON finding_opening TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON finding_opening USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_opening "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("decision", sa.Column("opened", JSONB(none_as_null=True), nullable=True))
