"""Arrears and other parts of payments, and what was found to be paid too much."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "payment_parts"
down_revision = "file_check"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    make_parts()
    make_overpayments()
    for table in ("payment_part", "overpayment"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (freed) ON payment_part TO payouts_app")
    # what a payment is made of comes and goes with it
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER only_while_building_{event.lower()} AFTER {event} ON payment_part "
            f"REFERENCING {rows} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION only_while_building()"
        )
    op.create_index("ix_unpaid_award", "unpaid", ["body_id", "award_id"])
    for table in ("finding", "finding_group", "acceptance"):
        allow(table, "kind", f"ck_{table}_kind", "arrears")
    allow("unpaid", "reason", "ck_unpaid_unpaidreason", "no_rule")


def allow(table: str, column: str, check: str, value: str) -> None:
    """Let a column of named values have one more, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), value]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def make_parts() -> None:
    op.create_table(
        "payment_part",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about_first_day", sa.Date(), nullable=False),
        sa.Column("about_last_day", sa.Date(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("steps", JSONB(), nullable=False),
        sa.Column("freed", sa.Boolean(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('arrears', 'recovery')", name=op.f("ck_payment_part_partkind")),
        sa.CheckConstraint("pence > 0", name=op.f("ck_payment_part_pence")),
        sa.CheckConstraint("about_last_day >= about_first_day", name=op.f("ck_payment_part_about")),
        to_row("payment_part", "payroll_id", "payroll"),
        to_row("payment_part", "award_id", "award"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payment_part")),
        sa.UniqueConstraint(
            "body_id", "payroll_id", "award_id", "kind", "about_first_day",
            name=op.f("uq_payment_part_body_id_payroll_id_award_id_kind_about_first_day"),
        ),
    )  # fmt: skip
    op.create_index("ix_payment_part_award", "payment_part", ["body_id", "award_id"])


def make_overpayments() -> None:
    op.create_table(
        "overpayment",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("about_first_day", sa.Date(), nullable=False),
        sa.Column("about_last_day", sa.Date(), nullable=False),
        sa.Column("paid_pence", sa.BigInteger(), nullable=False),
        sa.Column("due_pence", sa.BigInteger(), nullable=False),
        sa.Column("found_in", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("paid_pence > due_pence and due_pence >= 0", name=op.f("ck_overpayment_pence")),
        to_row("overpayment", "award_id", "award"),
        to_row("overpayment", "found_in", "payroll"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_overpayment")),
        sa.UniqueConstraint(
            "body_id", "award_id", "about_first_day", name=op.f("uq_overpayment_body_id_award_id_about_first_day")
        ),
    )
    op.create_index("ix_overpayment_payroll", "overpayment", ["body_id", "found_in"])
