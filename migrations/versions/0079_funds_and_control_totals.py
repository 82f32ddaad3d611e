"""The money on an account for a day, and what a payroll should come to: recorded, compared, never changed."""

import re

import sqlalchemy as sa
from alembic import op

revision = "funds_and_control_totals"
down_revision = "bank_postings"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
KINDS = ("funds_not_recorded", "funds_short", "control_total_missing", "control_total_differs")


def upgrade() -> None:
    op.create_table(
        "cleared_funds",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("available_pence", sa.BigInteger(), nullable=False),
        sa.Column("seen_in", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("available_pence >= 0", name=op.f("ck_cleared_funds_available")),
        sa.CheckConstraint("seen_in <> ''", name=op.f("ck_cleared_funds_seen_in")),
        sa.ForeignKeyConstraint(
            ["body_id", "line_id"],
            ["bank_profile.body_id", "bank_profile.id"],
            name=op.f("fk_cleared_funds_body_id_line_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_cleared_funds")),
    )
    op.create_index("ix_cleared_funds_day", "cleared_funds", ["body_id", "line_id", "day", "id"])
    op.create_table(
        "control_total",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("payment_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("payment_count >= 0 and total_pence >= 0", name=op.f("ck_control_total_figures")),
        sa.CheckConstraint("source <> ''", name=op.f("ck_control_total_source")),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_control_total_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_control_total")),
    )
    op.create_index("ix_control_total_payroll", "control_total", ["body_id", "payroll_id", "id"])
    for table in ("cleared_funds", "control_total"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in ("finding", "finding_group", "acceptance", "kept_reason"):
        allow(table, "kind", f"ck_{table}_kind", *KINDS)


def allow(table: str, column: str, constraint: str, *words: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    all_words = ", ".join(repr(word) for word in [*re.findall(r"'([a-z_]+)'", str(written)), *words])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({all_words})")
