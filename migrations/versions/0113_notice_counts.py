"""By what way payees will be told is counted by a job; notices and due reviews are found by an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "notice_counts"
down_revision = "looked_up_in_one_sweep"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "notice_count",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("email", "text", "letter", "unreached", "abroad")),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_notice_count_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_notice_count")),
    )
    op.create_index("ix_notice_count_payroll", "notice_count", ["body_id", "payroll_id", "id"])
    op.execute("ALTER TABLE notice_count ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE notice_count FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON notice_count TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON notice_count USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.drop_index("ix_notice_status", "notice")
    op.create_index(
        "ix_notice_status",
        "notice",
        ["body_id", "payroll_id", "status"],
        postgresql_where=sa.text("has_next IS false"),
    )
    op.create_index("ix_hold_review", "hold", ["body_id", "review_on"], postgresql_where=sa.text("lifted_at is null"))
