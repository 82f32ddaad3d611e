"""Other systems' files that were held against a payroll, what differed, and why that is right."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "parallel_run"
down_revision = "gate_tiers"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "parallel_run",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("fault", JSONB(), nullable=True),
        sa.Column("header", JSONB(), nullable=False),
        sa.Column("columns", JSONB(), nullable=True),
        sa.Column("looking_at", JSONB(), nullable=False),
        sa.Column("day_meant", sa.String(40), nullable=False),
        sa.Column("payments", sa.String(), nullable=True),
        sa.Column("expected_count", sa.Integer(), nullable=False),
        sa.Column("expected_pence", sa.BigInteger(), nullable=False),
        sa.Column("given_count", sa.Integer(), nullable=False),
        sa.Column("given_pence", sa.BigInteger(), nullable=False),
        sa.Column("same_count", sa.Integer(), nullable=False),
        sa.Column("unreadable_count", sa.Integer(), nullable=False),
        sa.Column("classes", JSONB(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('reading', 'asking', 'compared', 'unreadable')", name=op.f("ck_parallel_run_runstatus")
        ),
        sa.CheckConstraint("day_meant IN ('processing_day', 'pay_date')", name=op.f("ck_parallel_run_daymeant")),
        sa.CheckConstraint(
            "status <> 'compared' or (sealed_content is null and payments is not null)",
            name=op.f("ck_parallel_run_compared"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_parallel_run_body_id_payroll_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"],
            ["sealing_key.body_id", "sealing_key.id"],
            name=op.f("fk_parallel_run_body_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_parallel_run")),
    )
    op.create_index("ix_parallel_run_payroll", "parallel_run", ["body_id", "payroll_id", "made_at"])
    op.create_table(
        "parallel_run_page",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_rows", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_parallel_run_page_number")),
        sa.ForeignKeyConstraint(
            ["body_id", "run_id"],
            ["parallel_run.body_id", "parallel_run.id"],
            name=op.f("fk_parallel_run_page_body_id_run_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "run_id", "part", "number", name=op.f("pk_parallel_run_page")),
    )
    op.create_table(
        "parallel_run_reason",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "run_id"],
            ["parallel_run.body_id", "parallel_run.id"],
            name=op.f("fk_parallel_run_reason_body_id_run_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_parallel_run_reason")),
        sa.UniqueConstraint("body_id", "run_id", "part", name=op.f("uq_parallel_run_reason_body_id_run_id_part")),
    )
    guard()


def guard() -> None:
    for table in ("parallel_run", "parallel_run_page", "parallel_run_reason"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "GRANT UPDATE (sealed_content, status, fault, header, columns, looking_at, day_meant, payments, "
        "expected_count, expected_pence, given_count, given_pence, same_count, unreadable_count, classes, "
        "compared_at, forgotten_at) ON parallel_run TO payouts_app"
    )
    op.execute("GRANT DELETE ON parallel_run_page TO payouts_app")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON parallel_run_reason "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
