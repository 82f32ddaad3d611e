"""Versions of awards, inputs for rules other than an amount, and suspensions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "award_history"
down_revision = "cooling_off_by_risk"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
UNPAID = (
    "not_started",
    "ended",
    "suspended",
    "nothing_due",
    "no_confirmed_bank_details",
    "bank_details_stopped",
    "paid_already",
    "on_hold",
    "deceased",
    "closed",
)
LIFTED = "lifted_by, lifted_at, lifted_because, due_from, pays_arrears"


def upgrade() -> None:
    op.add_column("award", sa.Column("inputs", JSONB(), nullable=True))
    op.alter_column("award", "amount_pence", nullable=True)
    op.create_check_constraint(op.f("ck_award_inputs"), "award", "(amount_pence is null) <> (inputs is null)")
    make_versions()
    make_suspensions()
    for table in ("award_version", "suspension"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(f"GRANT UPDATE ({LIFTED}) ON suspension TO payouts_app")
    # what somebody awarded stays as they said it, for the owner of the database too
    op.execute(
        "CREATE TRIGGER never_changed BEFORE UPDATE ON award_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.drop_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", type_="check")
    listed = ", ".join(f"'{reason}'" for reason in UNPAID)
    op.create_check_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", f"reason IN ({listed})")


def to_award(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", "award_id"], ["award.body_id", "award.id"], name=op.f(f"fk_{table}_body_id_award_id")
    )


def make_versions() -> None:
    op.create_table(
        "award_version",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("inputs", JSONB(), nullable=True),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number >= 2", name=op.f("ck_award_version_number")),
        sa.CheckConstraint("last_day is null or last_day >= from_day", name=op.f("ck_award_version_days")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_award_version_reason")),
        to_award("award_version"),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_award_version_body_id_payee_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_award_version")),
        sa.UniqueConstraint("body_id", "award_id", "number", name=op.f("uq_award_version_body_id_award_id_number")),
    )


def make_suspensions() -> None:
    op.create_table(
        "suspension",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_because", sa.String(), nullable=True),
        sa.Column("due_from", sa.Date(), nullable=True),
        sa.Column("pays_arrears", sa.Boolean(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("last_day is null or last_day >= from_day", name=op.f("ck_suspension_days")),
        sa.CheckConstraint("last_day is not null or review_on is not null", name=op.f("ck_suspension_review")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_suspension_reason")),
        sa.CheckConstraint("lifted_by is null or lifted_by <> placed_by", name=op.f("ck_suspension_two_people")),
        sa.CheckConstraint(
            f"num_nulls({LIFTED}) in (0, 5) and coalesce(lifted_because, 'x') <> ''",
            name=op.f("ck_suspension_lifted"),
        ),
        to_award("suspension"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_suspension")),
    )
    op.create_index("ix_suspension_award", "suspension", ["body_id", "award_id"])
