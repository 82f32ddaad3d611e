"""A scheme's settings for the checks of its payrolls, and the checks against other payrolls."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "check_settings"
down_revision = "delegation"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
KINDS = (
    "amount_changed",
    "award_changed",
    "bank_details_changed",
    "paid_elsewhere",
    "period_paid_elsewhere",
    "total_variance",
    "count_variance",
    "holidays_run_out",
)


def upgrade() -> None:
    op.create_table(
        "check_settings",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_check_settings_number")),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_check_settings_body_id_scheme_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_check_settings")),
        sa.UniqueConstraint("body_id", "scheme_id", "number", name=op.f("uq_check_settings_body_id_scheme_id_number")),
    )
    op.execute("ALTER TABLE check_settings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_settings FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON check_settings TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON check_settings USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON check_settings "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    allow("change", "kind", "ck_change_changekind", "checks")
    for table in ("finding", "finding_group", "acceptance"):
        allow(table, "kind", f"ck_{table}_kind", *KINDS)


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
