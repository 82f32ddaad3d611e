"""One-off payments, and payrolls that pay nothing else."""

import re

import sqlalchemy as sa
from alembic import op

revision = "one_offs"
down_revision = "ledger_control"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
ENDED = "confirmed_by, confirmed_at, ended_by, ended_at, ended_because"
KINDS = ("regular", "off_cycle", "top_up", "one_off")
KEPT = (
    "body_id, id, payroll_id, scheme_id, beneficiary_id, payee_id, account_id, award_id, one_off_id, "
    "period_first_day, period_last_day, component, sequence, ordinal, amount_pence, reference, combined"
)
ERASED = """UPDATE one_off SET reason = 'erased',
            further_because = CASE WHEN further_because IS NOT NULL THEN 'erased' END,
            ended_because = CASE WHEN ended_because IS NOT NULL THEN 'erased' END
             WHERE body_id = mine AND (payee_id = who OR beneficiary_id = ANY (people));
            """


def upgrade() -> None:
    make_one_off()
    for table in ("payment", "unpaid", "taken_out"):
        op.alter_column(table, "award_id", nullable=True)
        add_one_off_id(table)
        op.create_check_constraint(op.f(f"ck_{table}_made_due_by"), table, "num_nonnulls(award_id, one_off_id) = 1")
    add_one_off_id("kept_reason")
    op.drop_constraint(op.f("ck_kept_reason_payment"), "kept_reason", type_="check")
    op.create_check_constraint(
        op.f("ck_kept_reason_payment"),
        "kept_reason",
        "num_nulls(account_id, amount_pence) in (0, 2) and "
        "num_nonnulls(award_id, one_off_id) = num_nonnulls(account_id)",
    )
    op.create_index(
        "uq_payment_one_off",
        "payment",
        ["body_id", "one_off_id"],
        unique=True,
        postgresql_where=sa.text("one_off_id is not null and status not in ('cancelled', 'taken_out', 'returned')"),
    )
    op.execute("DROP TRIGGER keep_payment ON payment")
    old, new = (", ".join(f"{row}.{name}" for name in KEPT.split(", ")) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER keep_payment BEFORE UPDATE ON payment FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION keep_payment()"
    )
    op.drop_constraint(op.f("ck_payroll_payrollkind"), "payroll", type_="check")
    op.create_check_constraint(
        op.f("ck_payroll_payrollkind"), "payroll", f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"
    )
    op.drop_constraint(op.f("ck_payroll_pays_for"), "payroll", type_="check")
    op.create_check_constraint(
        op.f("ck_payroll_pays_for"), "payroll", "(kind in ('off_cycle', 'top_up')) = (pays_for_id is not null)"
    )
    for table in ("finding", "finding_group", "acceptance", "kept_reason"):
        allow(table, f"ck_{table}_kind", "kind", "one_off_payment")
    for table in ("comparison_cause", "comparison_line"):
        allow(table, f"ck_{table}_cause", "cause", "one_offs", "one_offs_last_time")
    erase_too()


def add_one_off_id(table: str) -> None:
    op.add_column(table, sa.Column("one_off_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f(f"fk_{table}_body_id_one_off_id"), table, "one_off", ["body_id", "one_off_id"], ["body_id", "id"]
    )


def make_one_off() -> None:
    op.create_table(
        "one_off",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("period_first_day", sa.Date(), nullable=False),
        sa.Column("period_last_day", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("pay_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("further_because", sa.String(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_one_off_amount_pence")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_one_off_sequence")),
        sa.CheckConstraint("(sequence > 1) = (further_because is not null)", name=op.f("ck_one_off_further")),
        sa.CheckConstraint("reason <> '' and coalesce(further_because, 'x') <> ''", name=op.f("ck_one_off_reason")),
        sa.CheckConstraint("period_last_day >= period_first_day", name=op.f("ck_one_off_period")),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_one_off_two_people")),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_one_off_confirmed")),
        sa.CheckConstraint(
            "(ended_by is null) = (ended_at is null) and (ended_by is null or coalesce(ended_because, '') <> '')",
            name=op.f("ck_one_off_ended"),
        ),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{table}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_one_off_body_id_{table}_id"),
            )
            for table in ("scheme", "beneficiary", "payee")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_one_off")),
    )
    op.create_index(
        "uq_one_off_permanent_key",
        "one_off",
        ["body_id", "scheme_id", "beneficiary_id", "period_first_day", "component", "sequence"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_one_off_to_pay",
        "one_off",
        ["body_id", "scheme_id", "pay_from"],
        postgresql_where=sa.text("confirmed_at is not null and ended_at is null"),
    )
    op.create_index(
        "ix_one_off_waiting",
        "one_off",
        ["body_id", "id"],
        postgresql_where=sa.text("confirmed_at is null and ended_at is null"),
    )
    op.create_index("ix_one_off_payee", "one_off", ["body_id", "payee_id"])
    op.execute("ALTER TABLE one_off ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE one_off FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON one_off TO payouts_app")
    op.execute(f"GRANT UPDATE ({ENDED}) ON one_off TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON one_off USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")


def allow(table: str, name: str, column: str, *values: str) -> None:
    """Add words to those that a column may hold."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), *values]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(word) for word in words)})")


def erase_too() -> None:
    """What was written about somebody's one-off payments goes with them."""
    op.execute("GRANT SELECT, UPDATE (reason, further_because, ended_because) ON one_off TO payouts_eraser")
    made = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)"))
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.get_bind().exec_driver_sql(made.replace("RETURN cardinality(files);", f"{ERASED}RETURN cardinality(files);"))
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")
