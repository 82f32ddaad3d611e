"""Paying again what came back, and what two people decide to do with it instead."""

import re

import sqlalchemy as sa
from alembic import op

revision = "reissues"
down_revision = "ledger_exports"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    allow("payroll", "kind", "ck_payroll_payrollkind", "reissue")
    # the keys of what was rejected or recalled are free as well
    body = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('paid_under_another_record'::regproc)"))
    asked = "NOT IN ('cancelled', 'taken_out', 'returned')"
    assert asked in str(body)
    wanted = "NOT IN ('cancelled', 'taken_out', 'rejected', 'recalled', 'returned')"
    op.execute(sa.text(str(body).replace(asked, wanted).replace(":", r"\:")))
    for table in ("comparison_cause", "comparison_line"):
        allow(table, "cause", f"ck_{table}_cause", "reissues")
    op.create_table(
        "reissue",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("returned_payment_id", sa.Uuid(), nullable=False),
        to_row("reissue", "payroll_id", "payroll"),
        to_row("reissue", "returned_payment_id", "returned_payment"),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", "returned_payment_id", name=op.f("pk_reissue")),
    )
    op.create_table(
        "return_outcome",
        sa.Column("returned_payment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "keep", "set_off", "write_off", name="outcome", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("review_on", sa.Date(), nullable=True),
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
        sa.CheckConstraint("reason <> ''", name=op.f("ck_return_outcome_reason")),
        sa.CheckConstraint("(outcome = 'keep') = (review_on is not null)", name=op.f("ck_return_outcome_review")),
        sa.CheckConstraint(
            "confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_return_outcome_two_people")
        ),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_return_outcome_confirmed")),
        sa.CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name=op.f("ck_return_outcome_rejection"),
        ),
        to_row("return_outcome", "returned_payment_id", "returned_payment"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_return_outcome")),
    )
    op.create_index(
        "uq_return_outcome_waiting",
        "return_outcome",
        ["body_id", "returned_payment_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at is null and rejected_at is null"),
    )
    op.create_index("ix_return_outcome_case", "return_outcome", ["body_id", "returned_payment_id"])
    for table in ("reissue", "return_outcome"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "GRANT UPDATE (confirmed_by, confirmed_at, rejected_by, rejected_at, rejected_because) "
        "ON return_outcome TO payouts_app"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reissue "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
