"""Bank profiles as versions that two people make; a bureau's number; how files are called."""

import re

import sqlalchemy as sa
from alembic import op

revision = "bank_profile_versions"
down_revision = "name_policy"


def upgrade() -> None:
    op.add_column("bank_profile", sa.Column("line_id", sa.Uuid(), nullable=True))
    op.add_column("bank_profile", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("bank_profile", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bank_profile", sa.Column("bureau_number", sa.String(), nullable=False, server_default=""))
    pattern = "{scheme}-{payroll}-{day}-{serial}.txt"
    op.add_column("bank_profile", sa.Column("file_naming", sa.String(), nullable=False, server_default=pattern))
    # whoever ran the service set these up, and they have counted since
    op.execute("UPDATE bank_profile SET line_id = id, version = 1, confirmed_at = made_at")
    op.alter_column("bank_profile", "line_id", nullable=False)
    op.alter_column("bank_profile", "version", nullable=False)
    op.create_unique_constraint(
        op.f("uq_bank_profile_body_id_line_id_version"), "bank_profile", ["body_id", "line_id", "version"]
    )
    op.create_foreign_key(
        op.f("fk_bank_profile_body_id_line_id"),
        "bank_profile",
        "bank_profile",
        ["body_id", "line_id"],
        ["body_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_bank_profile_bureau_number"), "bank_profile", "bureau_number ~ '^([A-Z0-9][0-9]{5})?$'"
    )
    op.execute("GRANT UPDATE (confirmed_at) ON bank_profile TO payouts_app")
    allow("change", "ck_change_changekind", "kind", "bank_profile")


def allow(table: str, name: str, column: str, value: str) -> None:
    """Add a word to those that a column may hold."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", there), value]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(word) for word in words)})")
