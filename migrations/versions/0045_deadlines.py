"""Office days, days of no release, deadlines of gates, and who was told of them."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "deadlines"
down_revision = "write_offs"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
ROLES = ("administrator", "preparer", "finance", "approver", "releaser", "auditor", "enquiry")
# the deadlines of gates that there are: those that each kind has
DUE_DAYS = "CASE kind WHEN 'ready' THEN 2 WHEN 'release' THEN 0 ELSE 1 END"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("gate", sa.Column("due_days", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute(f"UPDATE gate SET due_days = {DUE_DAYS}")
    op.add_column(
        "gate", sa.Column("escalates_to", sa.String(length=40), server_default="administrator", nullable=False)
    )
    listed = ", ".join(repr(role) for role in ROLES)
    op.create_check_constraint(op.f("ck_gate_escalates_to"), "gate", f"escalates_to IN ({listed})")
    make_tables()
    for table in ("office_days", "release_freeze", "gate_reminder"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (ended_at) ON release_freeze TO payouts_app")
    allow("change", "ck_change_changekind", "kind", "office_days", "freeze")
    allow(
        "staff_message",
        "ck_staff_message_staffevent",
        "event",
        *("gate_reminder", "gate_late", "no_go", "handed_over", "passkeys_changed"),
    )


def make_tables() -> None:
    op.create_table(
        "office_days",
        sa.Column("country", sa.String(length=40), nullable=False),
        sa.Column("early_days", sa.Integer(), nullable=False),
        sa.Column("closed", postgresql.JSONB(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("early_days between 0 and 3", name=op.f("ck_office_days_early_days")),
        sa.CheckConstraint(
            "country IN ('england', 'wales', 'scotland', 'northern_ireland')", name=op.f("ck_office_days_country")
        ),
        to_row("office_days", "change", "change_id"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_office_days")),
    )
    op.create_table(
        "release_freeze",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("urgent_allowed", sa.Boolean(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_release_freeze_days")),
        to_row("release_freeze", "change", "change_id"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_release_freeze")),
    )
    op.create_index("ix_release_freeze_last_day", "release_freeze", ["body_id", "last_day"])
    op.create_table(
        "gate_reminder",
        sa.Column("gate_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reminded", sa.String(length=40), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reminded IN ('before', 'after', 'no_go')", name=op.f("ck_gate_reminder_reminded")),
        to_row("gate_reminder", "gate", "gate_id"),
        to_row("gate_reminder", "manifest", "manifest_id"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_gate_reminder")),
        sa.UniqueConstraint(
            *("body_id", "gate_id", "manifest_id", "person_id", "reminded"),
            name=op.f("uq_gate_reminder_body_id_gate_id_manifest_id_person_id_reminded"),
        ),
    )


def to_row(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_body_id_{column}")
    return sa.ForeignKeyConstraint(["body_id", column], [f"{other}.body_id", f"{other}.id"], name=name)


def allow(table: str, name: str, column: str, *values: str) -> None:
    """Add words to those that a column may hold."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), *values]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(word) for word in words)})")
