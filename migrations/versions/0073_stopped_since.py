"""Find what was stopped since a payroll was built from the side of what stopped it."""

import sqlalchemy as sa
from alembic import op

revision = "stopped_since"
down_revision = "paid_once"


def upgrade() -> None:
    for name, table, column, which in (
        ("ix_account_stopped", "account", "stopped_at", "stopped_at is not null"),
        ("ix_mandate_ended", "mandate", "ended_at", "ended_at is not null"),
        ("ix_payee_without_account", "payee", "id", "payment_method <> 'account'"),
    ):
        op.create_index(name, table, ["body_id", column], postgresql_where=sa.text(which))
