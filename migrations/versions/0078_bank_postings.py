"""Entries of statements in the books: what each was posted to, sums of these, and rules of what entries are."""

import re

import sqlalchemy as sa
from alembic import op

revision = "bank_postings"
down_revision = "recalls"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
ACCOUNTS = ("bank", "suspense", "bank_charges", "interest", "transfers", "repayments", "written_off")
MATCHES = ("contra", "return", "fee", "interest", "transfer", "repayment", "written_off", "not_ours")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    make_rules()
    op.add_column("bank_entry", sa.Column("rule_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_bank_entry_body_id_rule_id"), "bank_entry", "bank_rule", ["body_id", "rule_id"], ["body_id", "id"]
    )
    op.execute("GRANT UPDATE (rule_id) ON bank_entry TO payouts_app")
    op.drop_constraint(op.f("ck_bank_entry_match"), "bank_entry", type_="check")
    op.create_check_constraint(op.f("ck_bank_entry_match"), "bank_entry", one_of("match", MATCHES))
    make_postings()
    make_sums()
    post_what_there_is()
    guard()
    allow("change", "kind", "ck_change_changekind", "bank_rule")


def owned(table: str, *parents: tuple[str, str]) -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", column], [f"{parent}.body_id", f"{parent}.id"], name=op.f(f"fk_{table}_body_id_{column}")
            )
            for parent, column in parents
        ),
    ]


def make_rules() -> None:
    op.create_table(
        "bank_rule",
        sa.Column("is_credit", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("match", sa.String(40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *owned("bank_rule"),
        sa.CheckConstraint(one_of("match", MATCHES), name=op.f("ck_bank_rule_match")),
        sa.CheckConstraint("words <> '' or code <> ''", name=op.f("ck_bank_rule_says_something")),
        sa.CheckConstraint("match <> 'written_off'", name=op.f("ck_bank_rule_no_write_off")),
    )
    op.create_index("ix_bank_rule_made", "bank_rule", ["body_id", "made_at"])
    op.execute("ALTER TABLE bank_rule ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE bank_rule FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON bank_rule TO payouts_app")
    op.execute("GRANT UPDATE (ended_at) ON bank_rule TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON bank_rule USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")


def make_postings() -> None:
    op.create_table(
        "bank_posting",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("undoes", sa.Boolean(), nullable=False),
        sa.Column("debit", sa.String(40), nullable=False),
        sa.Column("credit", sa.String(40), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("accounting_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *owned("bank_posting", ("bank_entry", "entry_id"), ("bank_profile", "line_id")),
        sa.CheckConstraint(one_of("debit", ACCOUNTS), name=op.f("ck_bank_posting_debit")),
        sa.CheckConstraint(one_of("credit", ACCOUNTS), name=op.f("ck_bank_posting_credit")),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_bank_posting_amount_pence")),
        sa.CheckConstraint("debit <> credit and 'bank' in (debit, credit)", name=op.f("ck_bank_posting_two_accounts")),
        sa.CheckConstraint("step >= 1", name=op.f("ck_bank_posting_step")),
    )
    op.create_index("uq_bank_posting_step", "bank_posting", ["body_id", "entry_id", "step"], unique=True)


def make_sums() -> None:
    op.create_table(
        "bank_posting_sum",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("undoes", sa.Boolean(), nullable=False),
        sa.Column("debit", sa.String(40), nullable=False),
        sa.Column("credit", sa.String(40), nullable=False),
        sa.Column("accounting_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        *owned("bank_posting_sum", ("bank_profile", "line_id")),
        sa.CheckConstraint(one_of("debit", ACCOUNTS), name=op.f("ck_bank_posting_sum_debit")),
        sa.CheckConstraint(one_of("credit", ACCOUNTS), name=op.f("ck_bank_posting_sum_credit")),
    )
    op.create_index("ix_bank_posting_sum_date", "bank_posting_sum", ["body_id", "accounting_date"])
    op.execute(
        """
        CREATE FUNCTION sum_up_bank_postings() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO bank_posting_sum (body_id, id, line_id, undoes, debit, credit, accounting_date, at, entries,
                                          total_pence)
            SELECT body_id, uuidv7(), line_id, undoes, debit, credit, accounting_date, at, count(*), sum(amount_pence)
              FROM added GROUP BY body_id, line_id, undoes, debit, credit, accounting_date, at;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER sum_up_bank_postings AFTER INSERT ON bank_posting REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION sum_up_bank_postings()"
    )


def post_what_there_is() -> None:
    """Entries that were read before stand in the books from the first open day on which they can."""
    op.execute(
        """
        INSERT INTO bank_posting (body_id, id, line_id, entry_id, step, undoes, debit, credit, amount_pence,
                                  accounting_date, at)
        SELECT body_id, uuidv7(), line_id, id, 1, false,
               CASE WHEN is_credit THEN 'bank' ELSE place END, CASE WHEN is_credit THEN place ELSE 'bank' END,
               amount_pence, greatest(booked_on, first_open), now()
          FROM (SELECT entry.*, CASE match WHEN 'fee' THEN 'bank_charges' ELSE 'suspense' END AS place,
                       coalesce((SELECT max(last_day) + 1 FROM ledger_closing
                                  WHERE ledger_closing.body_id = entry.body_id), '-infinity'::date) AS first_open
                  FROM bank_entry AS entry WHERE match IS NULL OR match = 'fee') AS theirs
        """
    )


def guard() -> None:
    op.execute(
        "CREATE TRIGGER only_into_open_days AFTER INSERT ON bank_posting REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_into_open_days()"
    )
    for table in ("bank_posting", "bank_posting_sum"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
