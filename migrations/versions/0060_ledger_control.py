"""The daily control of the ledger, days that are closed, and the end of money that is held."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "ledger_control"
down_revision = "api_keys"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "ledger_control",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("payrolls", sa.Integer(), nullable=False),
        sa.Column("proven", sa.Integer(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("difference_count", sa.Integer(), nullable=False),
        sa.Column("differences", JSONB(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("difference_count >= 0", name=op.f("ck_ledger_control_difference_count")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_ledger_control")),
    )
    op.create_index("ix_ledger_control_ran_at", "ledger_control", ["body_id", "ran_at"])
    op.create_table(
        "ledger_closing",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "change_id"], ["change.body_id", "change.id"], name=op.f("fk_ledger_closing_body_id_change_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_ledger_closing")),
    )
    op.create_index("ix_ledger_closing_last_day", "ledger_closing", ["body_id", "last_day"])
    for table in ("ledger_control", "ledger_closing"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.create_index(
        "ix_ledger_entry_held",
        "ledger_entry",
        ["body_id", "id"],
        postgresql_where=sa.text("credit = 'returned_and_held'"),
    )
    guard_closed_days()
    allow("change", "kind", "ck_change_changekind", "ledger_close", "held_money")
    allow("staff_message", "event", "ck_staff_message_staffevent", "control_differs")


def guard_closed_days() -> None:
    """Closing waits for whoever posts, and whoever posts later sees that the day is closed."""
    op.execute(
        """
        CREATE FUNCTION only_into_open_days() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            body uuid;
        BEGIN
            FOR body IN SELECT DISTINCT body_id FROM added LOOP
                PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger close ' || body, 0));
            END LOOP;
            IF EXISTS (SELECT FROM (SELECT body_id, min(accounting_date) AS first FROM added GROUP BY 1) AS earliest
                         JOIN ledger_closing USING (body_id) WHERE ledger_closing.last_day >= earliest.first) THEN
                RAISE EXCEPTION 'the books of this day are closed';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_into_open_days AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_into_open_days()"
    )


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
