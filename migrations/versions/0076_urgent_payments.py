"""Urgent payments: one payment to one person, by a file for Faster Payments or made in the bank's portal."""

import re

import sqlalchemy as sa
from alembic import op

revision = "urgent_payments"
down_revision = "reissues"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
METHODS = ("faster_payments_file", "bank_portal")
MADE = "reference, made_by, made_at, recorded_by, recorded_at"


def upgrade() -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_payroll_payrollkind'")
    )
    kinds = ", ".join(repr(kind) for kind in [*re.findall(r"'([a-z_]+)'", str(written)), "urgent"])
    op.drop_constraint(op.f("ck_payroll_payrollkind"), "payroll", type_="check")
    op.create_check_constraint(op.f("ck_payroll_payrollkind"), "payroll", f"kind IN ({kinds})")
    method = sa.Enum(*METHODS, name="paymethod", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "urgent_payment",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("method", method, nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("one_off_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("because <> ''", name=op.f("ck_urgent_payment_because")),
        sa.CheckConstraint(f"num_nulls({MADE}) in (0, 5)", name=op.f("ck_urgent_payment_made")),
        sa.CheckConstraint(
            "method <> 'faster_payments_file' or made_at is null", name=op.f("ck_urgent_payment_by_file")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{table}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_urgent_payment_body_id_{table}_id"),
            )
            for table in ("payroll", "one_off")
        ),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", name=op.f("pk_urgent_payment")),
    )
    op.execute("ALTER TABLE urgent_payment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE urgent_payment FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON urgent_payment TO payouts_app")
    op.execute(f"GRANT UPDATE ({MADE}) ON urgent_payment TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON urgent_payment USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    refuse_files()


def refuse_files() -> None:
    """A payment that somebody makes outside never gets a file: nobody could then send it a second time."""
    op.execute(
        """
        CREATE FUNCTION refuse_file_of_payment_made_outside() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM urgent_payment
                        WHERE body_id = NEW.body_id AND payroll_id = NEW.payroll_id AND method = 'bank_portal') THEN
                RAISE EXCEPTION 'a payment that is made outside has no file';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER no_file_of_payment_made_outside BEFORE INSERT ON payment_file "
        "FOR EACH ROW EXECUTE FUNCTION refuse_file_of_payment_made_outside()"
    )
