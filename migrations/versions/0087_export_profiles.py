"""Profiles of journals that bodies define, the codes of their accounts, and the bytes of what was exported."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "export_profiles"
down_revision = "channel_costs"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "export_profile",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_export_profile")),
        sa.UniqueConstraint("body_id", "line_id", "version", name=op.f("uq_export_profile_body_id_line_id_version")),
    )
    op.create_table(
        "ledger_codes",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("codes", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_ledger_codes")),
        sa.UniqueConstraint("body_id", "version", name=op.f("uq_ledger_codes_body_id_version")),
    )
    for table in ("export_profile", "ledger_codes"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    widen_exports()
    allow("change", "kind", "ck_change_changekind", "export_profile", "ledger_codes")


def widen_exports() -> None:
    op.alter_column("ledger_export", "profile", nullable=True)
    for column, other in (("profile_id", "export_profile"), ("codes_id", "ledger_codes")):
        op.add_column("ledger_export", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_ledger_export_body_id_{column}"), "ledger_export", other, ["body_id", column], ["body_id", "id"]
        )
    op.add_column("ledger_export", sa.Column("content", sa.LargeBinary(), nullable=True))
    op.create_check_constraint(
        op.f("ck_ledger_export_profile"), "ledger_export", "(profile is null) <> (profile_id is null)"
    )


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
