"""Reasons of accepted findings that outlive a rebuild."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "kept_reasons"
down_revision = "check_settings"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_finding_kind'")
    )
    kinds = ", ".join(repr(kind) for kind in re.findall(r"'([a-z_]+)'", str(written)))
    op.create_table(
        "kept_reason",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("amount_pence", sa.BigInteger(), nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "num_nulls(award_id, account_id, amount_pence) in (0, 3)", name=op.f("ck_kept_reason_payment")
        ),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_kept_reason_kind")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{other}_id"],
                [f"{other}.body_id", f"{other}.id"],
                name=op.f(f"fk_kept_reason_body_id_{other}_id"),
            )
            for other in ("payroll", "award", "account")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_kept_reason")),
    )
    op.create_index("ix_kept_reason_payroll", "kept_reason", ["body_id", "payroll_id", "kind", "award_id"])
    op.execute("ALTER TABLE kept_reason ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE kept_reason FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, DELETE ON kept_reason TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON kept_reason USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.add_column("finding", sa.Column("kept_from", sa.Integer(), nullable=True))
    op.add_column("acceptance", sa.Column("kept_from", sa.Integer(), nullable=True))
    op.execute("GRANT UPDATE (kept_from) ON finding TO payouts_app")
