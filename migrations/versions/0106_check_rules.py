"""By which rules a payroll was checked: those of a newer version do not touch one that is open."""

import sqlalchemy as sa
from alembic import op

revision = "check_rules"
down_revision = "health"


def upgrade() -> None:
    op.add_column("payroll", sa.Column("check_rules", sa.String(), nullable=True))
    # of one that was checked and not sealed yet nobody wrote it down
    op.execute(
        "UPDATE payroll SET check_rules = manifest.document::jsonb ->> 'check_rules' FROM manifest "
        "WHERE manifest.body_id = payroll.body_id AND manifest.id = payroll.manifest_id"
    )
    op.execute("GRANT UPDATE (check_rules) ON payroll TO payouts_app")
