"""Recovering what was paid too much, by instalments."""

import re

import sqlalchemy as sa
from alembic import op

revision = "recoveries"
down_revision = "answers_by_outcome"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
DECIDED = "confirmed_by, confirmed_at, rejected_by, rejected_at, rejected_because"


def upgrade() -> None:
    make_recoveries()
    op.execute("ALTER TABLE recovery ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recovery FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON recovery TO payouts_app")
    op.execute(f"GRANT UPDATE ({DECIDED}) ON recovery TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON recovery USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.add_column("payment_part", sa.Column("recovery_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_payment_part_body_id_recovery_id"),
        "payment_part",
        "recovery",
        ["body_id", "recovery_id"],
        ["body_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_payment_part_recovery"), "payment_part", "(kind = 'recovery') = (recovery_id is not null)"
    )
    op.create_index(
        "uq_payment_part_recovery",
        "payment_part",
        ["body_id", "recovery_id", "about_first_day"],
        unique=True,
        postgresql_where=sa.text("recovery_id is not null and not freed"),
    )
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_unpaid_unpaidreason'")
    )
    reasons = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), "recovered"])
    op.drop_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", type_="check")
    op.create_check_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", f"reason IN ({reasons})")


def make_recoveries() -> None:
    op.create_table(
        "recovery",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("instalment_pence", sa.BigInteger(), nullable=True),
        sa.Column("share_percent", sa.Integer(), nullable=True),
        sa.Column("least_left_pence", sa.BigInteger(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by", sa.Uuid(), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("total_pence > 0 and least_left_pence >= 0", name=op.f("ck_recovery_pence")),
        sa.CheckConstraint(
            "(instalment_pence is null) <> (share_percent is null) and coalesce(instalment_pence, 1) > 0 "
            "and coalesce(share_percent, 1) between 1 and 100",
            name=op.f("ck_recovery_instalment"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_recovery_reason")),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_recovery_two_people")),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_recovery_confirmed")),
        sa.CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name=op.f("ck_recovery_rejection"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "award_id"], ["award.body_id", "award.id"], name=op.f("fk_recovery_body_id_award_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_recovery")),
    )
    op.create_index("ix_recovery_award", "recovery", ["body_id", "award_id"])
    op.create_index(
        "uq_recovery_waiting",
        "recovery",
        ["body_id", "award_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at is null and rejected_at is null"),
    )
