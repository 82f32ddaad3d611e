"""Answers collected from the bank's folder; and the days of a sandbox's bank."""

import sqlalchemy as sa
from alembic import op

revision = "answers_collected"
down_revision = "correction_chunks"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "collected_file",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        to_row("collected_file", "line_id", "bank_profile"),
        to_row("collected_file", "response_id", "response"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_collected_file")),
        sa.UniqueConstraint(
            "body_id", "line_id", "name", "size", "modified_at",
            name=op.f("uq_collected_file_body_id_line_id_name_size_modified_at"),
        ),
    )  # fmt: skip
    op.create_table(
        "bank_day",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Date(), nullable=True),
        sa.Column("next_day", sa.Date(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("returned between 0 and 50", name=op.f("ck_bank_day_returned")),
        to_row("bank_day", "payroll_id", "payroll"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_bank_day")),
        sa.UniqueConstraint("body_id", "payroll_id", name=op.f("uq_bank_day_body_id_payroll_id")),
    )
    op.create_table(
        "sandbox_account",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("balance_pence", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        to_row("sandbox_account", "line_id", "bank_profile"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_sandbox_account")),
        sa.UniqueConstraint("body_id", "line_id", name=op.f("uq_sandbox_account_body_id_line_id")),
    )
    for table in ("collected_file", "bank_day", "sandbox_account"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (asked, reached, next_day) ON bank_day TO payouts_app")
    op.execute("GRANT UPDATE (statements, balance_pence) ON sandbox_account TO payouts_app")


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )
