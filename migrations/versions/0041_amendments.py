"""Payments taken out of a sealed payroll, another pay date for it, and what can't be undone any more."""

import re

import sqlalchemy as sa
from alembic import op

revision = "amendments"
down_revision = "parallel_run"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
MOVES = ("no_go", "reopen", "cancel", "take_out", "re_date", "query")
LIVE = "status not in ('cancelled', 'taken_out', 'returned')"


def upgrade() -> None:
    op.add_column("payroll", sa.Column("amendment_id", sa.Uuid(), nullable=True))
    op.execute("GRANT UPDATE (amendment_id) ON payroll TO payouts_app")
    add_word("unpaid", "ck_unpaid_unpaidreason", "reason", "taken_out")
    add_word("payment", "ck_payment_paymentstatus", "status", "taken_out")
    op.drop_index("uq_payment_permanent_key", "payment")
    op.create_index(
        "uq_payment_permanent_key",
        "payment",
        ["body_id", "scheme_id", "beneficiary_id", "period_first_day", "component", "sequence"],
        unique=True,
        postgresql_where=sa.text(LIVE),
    )
    free_keys_of_merged_records()
    make_amendments()
    make_taken_out()
    for table in ("amendment", "taken_out"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    keep_for_good()


def add_word(table: str, constraint: str, column: str, word: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), word])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")


def free_keys_of_merged_records() -> None:
    """The guard of one person under two records asks, too, whether a payment still has its key."""
    body = op.get_bind().scalar(
        sa.text("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'paid_under_another_record'")
    )
    asked = "NOT IN ('cancelled', 'returned')"
    assert asked in str(body)
    op.execute(sa.text(str(body).replace(asked, "NOT IN ('cancelled', 'taken_out', 'returned')").replace(":", r"\:")))


def make_amendments() -> None:
    op.create_table(
        "amendment",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("follows_id", sa.Uuid(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column(
            "move",
            sa.Enum(*MOVES, name="move", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("payment_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("pay_date", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_amendment_reason")),
        sa.CheckConstraint(
            "(move = 'take_out') = (payment_count > 0 and total_pence > 0)", name=op.f("ck_amendment_taken_out")
        ),
        sa.CheckConstraint("move in ('take_out', 're_date')", name=op.f("ck_amendment_rebuilds")),
        sa.ForeignKeyConstraint(
            ["body_id", "follows_id"], ["manifest.body_id", "manifest.id"], name=op.f("fk_amendment_body_id_follows_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_amendment_body_id_payroll_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "after_id"], ["amendment.body_id", "amendment.id"], name=op.f("fk_amendment_body_id_after_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("body_id", "follows_id", name=op.f("uq_amendment_body_id_follows_id")),
    )
    op.create_index("ix_amendment_payroll", "amendment", ["body_id", "payroll_id"])


def make_taken_out() -> None:
    op.create_table(
        "taken_out",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("amendment_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_taken_out_amount_pence")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{table}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_taken_out_body_id_{table}_id"),
            )
            for table in ("amendment", "award", "beneficiary", "payee", "payroll")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_taken_out")),
        sa.UniqueConstraint(
            "body_id", "amendment_id", "payment_id", name=op.f("uq_taken_out_body_id_amendment_id_payment_id")
        ),
    )
    op.create_index("ix_taken_out_payroll", "taken_out", ["body_id", "payroll_id", "award_id"])


def keep_for_good() -> None:
    """A file that was withdrawn, a decision that is void and a payment that has ended never come back."""
    op.execute(
        """
        CREATE FUNCTION never_again() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'of % this is final', TG_TABLE_NAME;
        END $$
        """
    )
    for table, ended in (
        ("payment_file", "OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at"),
        ("decision", "OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at"),
        (
            "payment",
            "OLD.status IN ('cancelled', 'taken_out', 'returned') AND NEW.status IS DISTINCT FROM OLD.status",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER never_again BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({ended}) "
            "EXECUTE FUNCTION never_again()"
        )
