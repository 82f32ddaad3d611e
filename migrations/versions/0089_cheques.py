"""Urgent payments by cheque, into no account; and that the bank took what was made outside."""

import re

import sqlalchemy as sa
from alembic import op

revision = "cheques"
down_revision = "answers_forgotten"

CLEARED = "num_nulls(cleared_at, cleared_because) in (0, 2) and (made_at is not null or cleared_at is null)"


def upgrade() -> None:
    allow("urgent_payment", "method", "ck_urgent_payment_paymethod", "cheque")
    for column in ("attachment_id", "cleared_by"):
        op.add_column("urgent_payment", sa.Column(column, sa.Uuid(), nullable=True))
    op.add_column("urgent_payment", sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("urgent_payment", sa.Column("cleared_because", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_urgent_payment_cleared"), "urgent_payment", CLEARED)
    op.create_foreign_key(
        op.f("fk_urgent_payment_body_id_attachment_id"),
        "urgent_payment",
        "attachment",
        ["body_id", "attachment_id"],
        ["body_id", "id"],
    )
    op.execute("GRANT UPDATE (attachment_id, cleared_at, cleared_by, cleared_because) ON urgent_payment TO payouts_app")
    op.alter_column("payment", "account_id", nullable=True)
    only_cheques_without_account()
    refuse_files_of_cheques()
    for table in ("bank_entry", "bank_rule"):
        allow(table, "match", f"ck_{table}_match", "made_outside")
    op.drop_constraint(op.f("ck_bank_entry_matched"), "bank_entry", type_="check")
    op.create_check_constraint(
        op.f("ck_bank_entry_matched"),
        "bank_entry",
        "(coalesce(match, '') = 'contra') = (payment_file_id is not null) "
        "and (coalesce(match, '') in ('return', 'made_outside')) = (payment_id is not null)",
    )


def only_cheques_without_account() -> None:
    """A payment into no account can be nothing else than a cheque: whoever builds it wrongly is refused."""
    op.execute(
        """
        CREATE FUNCTION only_cheques_without_account() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM urgent_payment
                            WHERE body_id = NEW.body_id AND payroll_id = NEW.payroll_id AND method = 'cheque') THEN
                RAISE EXCEPTION 'a payment without an account is a cheque';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_cheques_without_account BEFORE INSERT ON payment FOR EACH ROW "
        "WHEN (NEW.account_id IS NULL) EXECUTE FUNCTION only_cheques_without_account()"
    )


def refuse_files_of_cheques() -> None:
    op.execute(
        """
        CREATE OR REPLACE FUNCTION refuse_file_of_payment_made_outside() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM urgent_payment
                        WHERE body_id = NEW.body_id AND payroll_id = NEW.payroll_id
                          AND method <> 'faster_payments_file') THEN
                RAISE EXCEPTION 'a payment that is made outside has no file';
            END IF;
            RETURN NEW;
        END $$
        """
    )


def allow(table: str, column: str, constraint: str, word: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), word])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")
