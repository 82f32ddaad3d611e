"""The ledger follows each payment's money to its end, and keeps a sum of every posting."""

import sqlalchemy as sa
from alembic import op

revision = "ledger"
down_revision = "off_cycle"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
ACCOUNTS = (
    "scheme_expenditure",
    "approved_to_pay",
    "with_bacs",
    "bank",
    "returned_and_held",
    "reissued",
    "recovered",
    "written_off",
)
EVENTS = (
    "released",
    "submitted",
    "paid",
    "withdrawn",
    "rejected",
    "recalled",
    "returned",
    "reissued",
    "recovered",
    "paid_back",
    "written_off",
)


def upgrade() -> None:
    widen_entries()
    keep_sums()


def one_of(values: tuple[str, ...]) -> str:
    return f"IN ({', '.join(repr(value) for value in values)})"


def widen_entries() -> None:
    op.execute("ALTER TABLE ledger_entry DISABLE TRIGGER append_only")
    for column, kind in (
        ("event", sa.String(40)),
        ("step", sa.SmallInteger()),
        ("undoes", sa.Boolean()),
        ("accounting_date", sa.Date()),
    ):
        op.add_column("ledger_entry", sa.Column(column, kind, nullable=True))
    op.execute(
        "UPDATE ledger_entry SET event = CASE credit WHEN 'approved_to_pay' THEN 'released' ELSE 'submitted' END, "
        "step = CASE credit WHEN 'approved_to_pay' THEN 1 ELSE 2 END, undoes = false, "
        "accounting_date = (at AT TIME ZONE 'Europe/London')::date"
    )
    for column in ("event", "step", "undoes", "accounting_date"):
        op.alter_column("ledger_entry", column, nullable=False)
    op.execute("ALTER TABLE ledger_entry ENABLE TRIGGER append_only")
    for side in ("debit", "credit"):
        op.drop_constraint(op.f(f"ck_ledger_entry_{side}"), "ledger_entry", type_="check")
        op.create_check_constraint(op.f(f"ck_ledger_entry_{side}"), "ledger_entry", f"{side} {one_of(ACCOUNTS)}")
    op.create_check_constraint(op.f("ck_ledger_entry_event"), "ledger_entry", f"event {one_of(EVENTS)}")
    op.create_check_constraint(op.f("ck_ledger_entry_step"), "ledger_entry", "step >= 1")
    op.drop_index("ix_ledger_entry_once", "ledger_entry")
    op.create_index("ix_ledger_entry_step", "ledger_entry", ["body_id", "payment_id", "step"], unique=True)


def keep_sums() -> None:
    op.create_table(
        "ledger_posting",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("undoes", sa.Boolean(), nullable=False),
        sa.Column("debit", sa.String(40), nullable=False),
        sa.Column("credit", sa.String(40), nullable=False),
        sa.Column("accounting_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"event {one_of(EVENTS)}", name=op.f("ck_ledger_posting_event")),
        sa.CheckConstraint(f"debit {one_of(ACCOUNTS)}", name=op.f("ck_ledger_posting_debit")),
        sa.CheckConstraint(f"credit {one_of(ACCOUNTS)}", name=op.f("ck_ledger_posting_credit")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{table}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_ledger_posting_body_id_{table}_id"),
            )
            for table in ("payroll", "scheme")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_ledger_posting")),
    )
    op.create_index("ix_ledger_posting_payroll", "ledger_posting", ["body_id", "payroll_id"])
    op.create_index("ix_ledger_posting_scheme", "ledger_posting", ["body_id", "scheme_id", "accounting_date"])
    op.create_index("ix_ledger_posting_date", "ledger_posting", ["body_id", "accounting_date"])
    op.execute(
        """
        CREATE FUNCTION sum_up_entries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO ledger_posting (body_id, id, scheme_id, payroll_id, event, undoes, debit, credit,
                                        accounting_date, at, entries, total_pence)
            SELECT summed.body_id, uuidv7(), payroll.scheme_id, summed.payroll_id, event, undoes, debit, credit,
                   accounting_date, at, entries, summed.total_pence
              FROM (SELECT body_id, payroll_id, event, undoes, debit, credit, accounting_date, at,
                           count(*) AS entries, sum(amount_pence) AS total_pence
                      FROM added GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) AS summed
              JOIN payroll ON payroll.body_id = summed.body_id AND payroll.id = summed.payroll_id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        INSERT INTO ledger_posting (body_id, id, scheme_id, payroll_id, event, undoes, debit, credit,
                                    accounting_date, at, entries, total_pence)
        SELECT entry.body_id, uuidv7(), scheme_id, payroll_id, event, undoes, debit, credit, accounting_date, at,
               count(*), sum(amount_pence)
          FROM ledger_entry AS entry
          JOIN payroll ON payroll.body_id = entry.body_id AND payroll.id = entry.payroll_id
         GROUP BY entry.body_id, scheme_id, payroll_id, event, undoes, debit, credit, accounting_date, at
        """
    )
    op.execute(
        "CREATE TRIGGER sum_up_entries AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION sum_up_entries()"
    )
    op.execute("ALTER TABLE ledger_posting ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ledger_posting FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON ledger_posting TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON ledger_posting USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
