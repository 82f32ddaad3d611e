"""Confirmation of Payee: what banks answered about names, and the runs that asked; both append to what is known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "holds"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
CODES = (
    "MATC", "MBAM", "BANM", "PANM", "BAMM", "PAMM", "ANNM", "AC01", "IVCR", "ACNS", "OPTO", "CASS", "SCNS", "no_answer",
)  # fmt: skip
OUTCOMES = ("match", "close", "no_match", "unable", "switched")
SILENCES = ("timed_out", "unreachable", "busy", "server_error", "refused", "unreadable")
KINDS = (
    "nothing_to_pay", "totals_differ", "too_many_items", "payroll_over_limit", "file_over_limit", "payment_over_limit",
    "item_over_bank_limit", "unusually_large", "cut_off_passed", "modulus_failed", "modulus_not_checkable",
    "foreign_currency_account", "bank_details_unconfirmed", "one_account_several_payees", "one_payee_several_payments",
    "name_cut", "name_rewritten", "first_payment", "no_such_account", "name_no_match", "name_close_match",
    "account_switched", "name_cannot_be_checked", "names_not_checked",
)  # fmt: skip


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    make_confirmation()
    make_run()
    for table in ("confirmation", "confirmation_run"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (done, ended_at) ON confirmation_run TO payouts_app")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON confirmation "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.drop_constraint(op.f("ck_finding_kind"), "finding", type_="check")
    op.create_check_constraint(op.f("ck_finding_kind"), "finding", one_of("kind", KINDS))


def make_confirmation() -> None:
    op.create_table(
        "confirmation",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("silence", sa.String(40), nullable=True),
        sa.Column("account_type", sa.String(40), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("code", CODES), name=op.f("ck_confirmation_code")),
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name=op.f("ck_confirmation_outcome")),
        sa.CheckConstraint(one_of("silence", SILENCES), name=op.f("ck_confirmation_silence")),
        sa.CheckConstraint(one_of("account_type", ("Personal", "Business")), name=op.f("ck_confirmation_accounttype")),
        sa.CheckConstraint(
            "sealed_name is null or code in ('MBAM', 'BAMM', 'PAMM')",
            name=op.f("ck_confirmation_name_on_close_match"),
        ),
        sa.CheckConstraint(
            "(code = 'no_answer') = (silence is not null)", name=op.f("ck_confirmation_silence_is_no_answer")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "account_id"],
            ["account.body_id", "account.id"],
            name=op.f("fk_confirmation_body_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_account", "confirmation", ["body_id", "account_id", "asked_at"])


def make_run() -> None:
    op.create_table(
        "confirmation_run",
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "import_id"],
            ["register_import.body_id", "register_import.id"],
            name=op.f("fk_confirmation_run_body_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_confirmation_run")),
    )
    op.create_index("ix_confirmation_run_import", "confirmation_run", ["body_id", "import_id", "began_at"])
