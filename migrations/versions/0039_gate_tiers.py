"""How many people a gate takes by the amount, and the role that each of them decided in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gate_tiers"
down_revision = "check_chunks"

ROLES = ("administrator", "preparer", "finance", "approver", "releaser", "auditor", "enquiry")


def upgrade() -> None:
    op.add_column("gate", sa.Column("tiers", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("decision", sa.Column("role", sa.String(length=40), nullable=True))
    listed = ", ".join(repr(role) for role in ROLES)
    op.create_check_constraint(op.f("ck_decision_role"), "decision", f"role IN ({listed})")
    op.create_index("ix_payroll_pay_date", "payroll", ["body_id", "scheme_id", "pay_date"])
