"""A report of returned credits whose totals are not those of its items is kept, and nothing is taken from it."""

import re

import sqlalchemy as sa
from alembic import op

revision = "wrong_totals"
down_revision = "notices"


def upgrade() -> None:
    check = "ck_response_responsefault"
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), "wrong_totals"]
    op.drop_constraint(op.f(check), "response", type_="check")
    op.create_check_constraint(op.f(check), "response", f"fault IN ({', '.join(repr(each) for each in values)})")
