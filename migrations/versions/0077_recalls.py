"""Asking the bank to take a payment or a file back."""

import sqlalchemy as sa
from alembic import op

revision = "recalls"
down_revision = "urgent_payments"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "recall",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "confirmed",
                "refused",
                name="recallstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("deadline_at", INSTANT, nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_recall_reason")),
        sa.CheckConstraint("(status = 'requested') = (answered_at is null)", name=op.f("ck_recall_answered")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{column}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_recall_body_id_{column}_id"),
            )
            for column, table in (("payroll", "payroll"), ("file", "payment_file"), ("payment", "payment"))
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_recall")),
    )
    requested = "status = 'requested'"
    op.create_index(
        "uq_recall_payment",
        "recall",
        ["body_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text(f"{requested} and payment_id is not null"),
    )
    op.create_index(
        "uq_recall_file",
        "recall",
        ["body_id", "file_id"],
        unique=True,
        postgresql_where=sa.text(f"{requested} and payment_id is null"),
    )
    op.create_index("ix_recall_payroll", "recall", ["body_id", "payroll_id"])
    op.create_index("ix_recall_open", "recall", ["body_id", "asked_at"], postgresql_where=sa.text(requested))
    op.execute("ALTER TABLE recall ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recall FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON recall TO payouts_app")
    op.execute("GRANT UPDATE (status, answer, answered_by, answered_at) ON recall TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON recall USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
