"""A body's phone number and how long it keeps what it knows; its name, colour and contact may be changed."""

import sqlalchemy as sa
from alembic import op

revision = "body_details"
down_revision = "import_sources"


def upgrade() -> None:
    op.add_column("body", sa.Column("contact_phone", sa.String(), nullable=False, server_default=""))
    op.add_column("body", sa.Column("retention_years", sa.Integer(), nullable=False, server_default="6"))
    op.create_check_constraint(op.f("ck_body_retention_years"), "body", "retention_years between 1 and 30")
    op.execute("GRANT UPDATE (name, colour, contact_email, contact_phone, retention_years) ON body TO payouts_app")
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    kinds = "kind IN ('cooling_off', 'duties', 'retention', 'scheme')"
    op.create_check_constraint(op.f("ck_change_changekind"), "change", kinds)
