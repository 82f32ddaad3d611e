"""Payments that go to the bank in one credit: a setting of the payee, and the items that carry them."""

import re

import sqlalchemy as sa
from alembic import op

revision = "combined_payments"
down_revision = "submission_per_file"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
NEVER_CHANGES = (
    "body_id, id, payroll_id, scheme_id, beneficiary_id, payee_id, account_id, award_id, period_first_day, "
    "period_last_day, component, sequence, ordinal, amount_pence, reference, combined"
)


def upgrade() -> None:
    for table, column in (("payee", "payments_combined"), ("payment", "combined")):
        op.add_column(table, sa.Column(column, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("GRANT UPDATE (payments_combined) ON payee TO payouts_app")
    op.create_index(
        "ix_payee_payments_combined", "payee", ["body_id", "id"], postgresql_where=sa.text("payments_combined")
    )
    op.create_index(
        "ix_payment_combined",
        "payment",
        ["body_id", "payroll_id", "payee_id", "account_id"],
        postgresql_where=sa.text("combined"),
    )
    keep_what_payments_say()
    op.add_column("payment_file", sa.Column("item_count", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE payment_file SET item_count = payment_count")
    op.alter_column("payment_file", "item_count", server_default=None)
    for table in ("finding", "finding_group", "acceptance", "kept_reason"):
        add_word(table, f"ck_{table}_kind", "kind", "combined_over_bank_limit")
    add_word("revision", "ck_revision_subject", "subject", "payments_combined")
    make_items()


def keep_what_payments_say() -> None:
    old, new = (", ".join(f"{side}.{column}" for column in NEVER_CHANGES.split(", ")) for side in ("OLD", "NEW"))
    op.execute("DROP TRIGGER keep_payment ON payment")
    op.execute(
        f"CREATE TRIGGER keep_payment BEFORE UPDATE ON payment FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION keep_payment()"
    )


def make_items() -> None:
    """Items come and go with the payments of a payroll that is built, and never change."""
    op.create_table(
        "payment_item",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{table}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_payment_item_body_id_{table}_id"),
            )
            for table in ("payroll", "payee", "account")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payment_item")),
        sa.UniqueConstraint(
            "body_id",
            "payroll_id",
            "payee_id",
            "account_id",
            name=op.f("uq_payment_item_body_id_payroll_id_payee_id_account_id"),
        ),
        sa.UniqueConstraint(
            "body_id", "payroll_id", "ordinal", name=op.f("uq_payment_item_body_id_payroll_id_ordinal")
        ),
    )
    op.create_index("ix_payment_item_reference", "payment_item", ["body_id", "reference"])
    op.execute("ALTER TABLE payment_item ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE payment_item FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, DELETE ON payment_item TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON payment_item USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER never_changes BEFORE UPDATE OR TRUNCATE ON payment_item "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER only_while_building_{event.lower()} AFTER {event} ON payment_item "
            f"REFERENCING {rows} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION only_while_building()"
        )


def add_word(table: str, constraint: str, column: str, word: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), word])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")
