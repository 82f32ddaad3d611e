"""Holds, deaths and closures of payees and beneficiaries."""

import sqlalchemy as sa
from alembic import op

revision = "holds"
down_revision = "0005"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
UNPAID = (
    "not_started",
    "ended",
    "no_confirmed_bank_details",
    "bank_details_stopped",
    "paid_already",
    "on_hold",
    "deceased",
    "closed",
)


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("payee_id", sa.Uuid(), nullable=True),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('on_hold', 'deceased', 'closed')", name=op.f("ck_hold_holdkind")),
        sa.CheckConstraint("(payee_id is null) <> (beneficiary_id is null)", name=op.f("ck_hold_one_party")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_hold_reason")),
        sa.CheckConstraint("kind <> 'on_hold' or review_on is not null", name=op.f("ck_hold_review")),
        sa.CheckConstraint("lifted_by is null or lifted_by <> placed_by", name=op.f("ck_hold_two_people")),
        sa.CheckConstraint(
            "(lifted_by is null) = (lifted_at is null) and (lifted_by is null or coalesce(lifted_because, '') <> '')",
            name=op.f("ck_hold_lifted"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_hold_body_id_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_hold_body_id_beneficiary_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_payee", "hold", ["body_id", "payee_id"])
    op.create_index("ix_hold_beneficiary", "hold", ["body_id", "beneficiary_id"])
    op.execute("ALTER TABLE hold ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE hold FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON hold TO payouts_app")
    op.execute("GRANT UPDATE (lifted_by, lifted_at, lifted_because) ON hold TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON hold USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.drop_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", type_="check")
    listed = ", ".join(f"'{reason}'" for reason in UNPAID)
    op.create_check_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", f"reason IN ({listed})")
    op.drop_constraint(op.f("ck_notice_noticestatus"), "notice", type_="check")
    op.create_check_constraint(
        op.f("ck_notice_noticestatus"),
        "notice",
        "status IN ('planned', 'sending', 'sent', 'delivered', 'failed', 'refused', 'no_address', 'held_back')",
    )
