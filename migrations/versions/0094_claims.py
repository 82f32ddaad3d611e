"""Who receives what is still owed to somebody who has died."""

import re

import sqlalchemy as sa
from alembic import op

revision = "claims"
down_revision = "told_of_more"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
DOCUMENTS = ("grant_of_probate", "letters_of_administration", "confirmation", "small_estate")


def upgrade() -> None:
    widen("mandate", "ck_mandate_capacity", "capacity", "executor", "estate_administrator")
    op.create_table(
        "claim",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("to_payee_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column(
            "document",
            sa.Enum(*DOCUMENTS, name="document", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("document_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("rejected_by", sa.Uuid(), nullable=True),
        sa.Column("rejected_at", INSTANT, nullable=True),
        sa.Column("rejected_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_claim_reason")),
        sa.CheckConstraint("payee_id <> to_payee_id", name=op.f("ck_claim_not_themselves")),
        sa.CheckConstraint("(document is null) = (document_day is null)", name=op.f("ck_claim_dated")),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_claim_two_people")),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_claim_confirmed")),
        sa.CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name=op.f("ck_claim_rejection"),
        ),
        to_row("payee_id", "payee"),
        to_row("to_payee_id", "payee"),
        to_row("beneficiary_id", "beneficiary"),
        to_row("mandate_id", "mandate"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_claim")),
    )
    whose = ["body_id", "payee_id", "beneficiary_id"]
    waits = sa.text("confirmed_at is null and rejected_at is null")
    op.create_index("uq_claim_waiting", "claim", whose, unique=True, postgresql_where=waits)
    op.create_index("ix_claim_payee", "claim", whose)
    op.create_index("ix_claim_to_payee", "claim", ["body_id", "to_payee_id", "beneficiary_id"])
    op.execute("ALTER TABLE claim ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE claim FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON claim TO payouts_app")
    op.execute(
        "GRANT UPDATE (confirmed_by, confirmed_at, rejected_by, rejected_at, rejected_because) ON claim TO payouts_app"
    )
    op.execute(f"CREATE POLICY own_body ON claim USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")


def to_row(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_claim_body_id_{column}")
    )


def widen(table: str, check: str, column: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
