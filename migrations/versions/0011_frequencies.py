"""More frequencies, and months counted from a scheme's first day: those of before were the calendar's."""

from alembic import op

revision = "frequencies"
down_revision = "roles"

FREQUENCIES = "'weekly', 'two_weekly', 'four_weekly', 'monthly', 'quarterly', 'one_off', 'custom'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_scheme_frequency"), "scheme")
    op.create_check_constraint(op.f("ck_scheme_frequency"), "scheme", f"frequency IN ({FREQUENCIES})")
    # the periods stay as they were, and with them the keys of what was paid
    op.execute(
        "UPDATE scheme SET first_period_day = date_trunc('month', first_period_day)::date WHERE frequency = 'monthly'"
    )
