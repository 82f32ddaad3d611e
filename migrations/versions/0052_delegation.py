"""Who decides for somebody who is away."""

import re

import sqlalchemy as sa
from alembic import op

revision = "delegation"
down_revision = "calendar_feed"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("delegate_id <> person_id", name=op.f("ck_delegation_oneself")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_delegation_days")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_delegation_person_id")),
        sa.ForeignKeyConstraint(["delegate_id"], ["person.id"], name=op.f("fk_delegation_delegate_id")),
        sa.ForeignKeyConstraint(
            ["body_id", "change_id"], ["change.body_id", "change.id"], name=op.f("fk_delegation_body_id_change_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_last_day", "delegation", ["body_id", "last_day"])
    op.execute("ALTER TABLE delegation ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE delegation FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON delegation TO payouts_app")
    op.execute("GRANT UPDATE (ended_at, ended_by) ON delegation TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON delegation USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.add_column("decision", sa.Column("for_person_id", sa.Uuid(), nullable=True))
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_change_changekind'")
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), "delegation"]
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    op.create_check_constraint(
        op.f("ck_change_changekind"), "change", f"kind IN ({', '.join(repr(word) for word in words)})"
    )
