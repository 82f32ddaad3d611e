"""A payroll's difference to the last one: its causes, and a line for each award."""

import re

import sqlalchemy as sa
from alembic import op

revision = "comparisons"
down_revision = "queries"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"

CAUSES = (
    "starters",
    "paid_again",
    "resumed",
    "leavers",
    "left_out",
    "suspended",
    "paid_apart",
    "rates",
    "scheme_rates",
    "part_periods",
    "arrears",
    "arrears_last_time",
    "recoveries",
    "recoveries_last_time",
    "unexplained",
)
FIGURES = (
    "then_count, then_pence, now_count, now_pence, unchanged_count, stray_count, stray_pence, chunks_done, chunks_total"
)


def upgrade() -> None:
    make_comparison()
    make_causes()
    make_lines()
    for table in ("comparison", "comparison_cause", "comparison_line"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(f"GRANT UPDATE ({FIGURES}) ON comparison TO payouts_app")
    op.execute("GRANT UPDATE (count, more_pence, less_pence) ON comparison_cause TO payouts_app")
    for table in ("finding", "finding_group", "acceptance"):
        allow(table, "kind", f"ck_{table}_kind", "difference_unexplained")


def allow(table: str, column: str, check: str, value: str) -> None:
    """Let a column of named values have one more, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), value]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")


def to_row(table: str, column: str, other: str, name: str = "") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column],
        [f"{other}.body_id", f"{other}.id"],
        name=op.f(name or f"fk_{table}_body_id_{column}"),
    )


def to_comparison(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", "payroll_id"],
        ["comparison.body_id", "comparison.payroll_id"],
        name=op.f(f"fk_{table}_body_id_payroll_id"),
    )


def make_comparison() -> None:
    op.create_table(
        "comparison",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=True),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("then_count", sa.Integer(), nullable=False),
        sa.Column("then_pence", sa.BigInteger(), nullable=False),
        sa.Column("now_count", sa.Integer(), nullable=False),
        sa.Column("now_pence", sa.BigInteger(), nullable=False),
        sa.Column("unchanged_count", sa.Integer(), nullable=False),
        sa.Column("stray_count", sa.Integer(), nullable=False),
        sa.Column("stray_pence", sa.BigInteger(), nullable=False),
        sa.Column("chunks_done", sa.Integer(), nullable=False),
        sa.Column("chunks_total", sa.Integer(), nullable=False),
        sa.CheckConstraint("chunks_done between 0 and chunks_total", name=op.f("ck_comparison_chunks")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_comparison_body_id")),
        to_row("comparison", "payroll_id", "payroll"),
        to_row("comparison", "against_id", "payroll", name="fk_comparison_against"),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", name=op.f("pk_comparison")),
    )


def make_causes() -> None:
    op.create_table(
        "comparison_cause",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("more_pence", sa.BigInteger(), nullable=False),
        sa.Column("less_pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("more_pence >= 0 and less_pence >= 0", name=op.f("ck_comparison_cause_pence")),
        sa.CheckConstraint(f"cause IN {CAUSES!r}", name=op.f("ck_comparison_cause_cause")),
        to_comparison("comparison_cause"),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", "cause", name=op.f("pk_comparison_cause")),
    )


def make_lines() -> None:
    op.create_table(
        "comparison_line",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("then_pence", sa.BigInteger(), nullable=False),
        sa.Column("now_pence", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.CheckConstraint("pence <> 0", name=op.f("ck_comparison_line_pence")),
        sa.CheckConstraint(f"cause IN {CAUSES!r}", name=op.f("ck_comparison_line_cause")),
        to_comparison("comparison_line"),
        to_row("comparison_line", "award_id", "award"),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", "cause", "award_id", name=op.f("pk_comparison_line")),
    )
