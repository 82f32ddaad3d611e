"""Queries about sealed payrolls, reopening them, and moving their pay date."""

import re

import sqlalchemy as sa
from alembic import op

revision = "queries"
down_revision = "file_format"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_amendment_rebuilds"), "amendment", type_="check")
    op.create_check_constraint(
        op.f("ck_amendment_by_preparer"), "amendment", "move in ('take_out', 're_date', 'reopen')"
    )
    add_words("staff_message", "ck_staff_message_staffevent", "event", "query_asked", "query_answered")
    let_days_move()
    op.create_table(
        "payroll_query",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_of", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("question <> ''", name=op.f("ck_payroll_query_question")),
        sa.CheckConstraint("asked_by <> asked_of", name=op.f("ck_payroll_query_two_people")),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null) and coalesce(answer, '-') <> ''",
            name=op.f("ck_payroll_query_answered"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_payroll_query_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payroll_query")),
    )
    op.create_index("ix_payroll_query_payroll", "payroll_query", ["body_id", "payroll_id"])
    op.execute("ALTER TABLE payroll_query ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE payroll_query FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON payroll_query TO payouts_app")
    op.execute("GRANT UPDATE (answer, answered_at) ON payroll_query TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON payroll_query USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER never_again BEFORE UPDATE ON payroll_query FOR EACH ROW "
        "WHEN (OLD.answered_at IS NOT NULL) EXECUTE FUNCTION never_again()"
    )


def add_words(table: str, constraint: str, column: str, *added: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), *added])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")


def let_days_move() -> None:
    """The days of a payroll move only together with a step that builds it, or its files, anew."""
    days = ("pay_date", "processing_day", "input_day", "deadline_at")
    op.execute(f"GRANT UPDATE ({', '.join(days)}) ON payroll TO payouts_app")
    op.execute(
        """
        CREATE FUNCTION days_move_with_the_files() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the days of a payroll move only while it, or its files, are built';
        END $$
        """
    )
    old, new = (", ".join(f"{row}.{day}" for day in days) for row in ("OLD", "NEW"))
    op.execute(
        "CREATE TRIGGER days_move_with_the_files BEFORE UPDATE ON payroll FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new}) AND NEW.status NOT IN ('building', 'sealing')) "
        "EXECUTE FUNCTION days_move_with_the_files()"
    )
