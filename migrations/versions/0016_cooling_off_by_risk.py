"""The cooling-off of bank details by their risk: first ones, ordinary changes, risky ones."""

import sqlalchemy as sa
from alembic import op

revision = "cooling_off_by_risk"
down_revision = "mended_rows"


def upgrade() -> None:
    op.add_column("body", sa.Column("cooling_off_first_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("body", sa.Column("cooling_off_high_days", sa.Integer(), nullable=False, server_default="2"))
    # a body that waits longer for every change goes on to wait as long for the risky ones
    op.execute("UPDATE body SET cooling_off_high_days = greatest(cooling_off_days, 2)")
    op.create_check_constraint(
        op.f("ck_body_cooling_off_first_days"), "body", "cooling_off_first_days between 0 and 20"
    )
    op.create_check_constraint(
        op.f("ck_body_cooling_off_high_days"),
        "body",
        "cooling_off_high_days between greatest(cooling_off_first_days, cooling_off_days) and 20",
    )
    op.execute("GRANT UPDATE (cooling_off_first_days, cooling_off_high_days) ON body TO payouts_app")
    for facts in ("before", "after"):
        op.execute(
            f"""
            UPDATE change SET {facts} = jsonb_build_object(
                'first_days', 0, 'ordinary_days', ({facts}->>'days')::int,
                'high_days', greatest(({facts}->>'days')::int, 2))
             WHERE kind = 'cooling_off' AND {facts} ? 'days'
            """
        )
