"""Traces of payments that have not arrived; how late a bank recalls, and how long it takes to answer."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "traces"
down_revision = "funds_and_control_totals"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
STEPS = (
    "opened", "compared", "asked", "credited", "returned", "misdirected", "recovered", "refused", "found",
    "came_back",
)  # fmt: skip
UPDATED = (
    "stage, due_on, owner_id, owned_at, said_account, said_last_four, sealed_said, bank_reference, outcome, closed_at"
)


def upgrade() -> None:
    make_terms()
    make_traces()
    make_steps()
    for table, updated in (("trace", UPDATED), ("trace_step", "payee_told")):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"GRANT UPDATE ({updated}) ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    add_words("staff_message", "ck_staff_message_staffevent", "event", "trace_step", "trace_payee")


def make_terms() -> None:
    """What every bank profile has said until now: the scheme's own hour, and the usual times."""
    op.add_column("bank_profile", sa.Column("recall_by", sa.Time(), nullable=False, server_default="16:00"))
    op.add_column("bank_profile", sa.Column("trace_days", sa.Integer(), nullable=False, server_default="5"))
    op.add_column("bank_profile", sa.Column("recovery_days", sa.Integer(), nullable=False, server_default="20"))
    op.create_check_constraint(
        op.f("ck_bank_profile_answers"),
        "bank_profile",
        "trace_days between 1 and 60 and recovery_days between 1 and 60",
    )
    op.add_column("bank_day", sa.Column("recalls", JSONB(), nullable=False, server_default="{}"))
    op.execute("GRANT UPDATE (recalls) ON bank_day TO payouts_app")


def make_traces() -> None:
    op.create_table(
        "trace",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("why", one_of("tracewhy", "not_arrived", "wrong_account"), nullable=False),
        sa.Column(
            "told_by",
            one_of("toldby", "payee", "beneficiary", "on_their_behalf", "who_got_it", "bank", "staff"),
            nullable=False,
        ),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column(
            "stage",
            one_of("tracestage", "compare", "ask_bank", "with_bank", "recovering", "coming_back", "closed"),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owned_at", INSTANT, nullable=True),
        sa.Column(
            "said_account", one_of("saidaccount", "same_as_paid", "same_as_held", "other", "not_said"), nullable=True
        ),
        sa.Column("said_last_four", sa.String(), nullable=True),
        sa.Column("sealed_said", sa.LargeBinary(), nullable=True),
        sa.Column("bank_reference", sa.String(), nullable=True),
        sa.Column(
            "outcome",
            one_of("traceoutcome", "credited", "came_back", "not_recovered", "found"),
            nullable=True,
        ),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("said <> ''", name=op.f("ck_trace_said")),
        sa.CheckConstraint("(owner_id is null) = (owned_at is null)", name=op.f("ck_trace_owner")),
        sa.CheckConstraint(
            "(stage = 'closed') = (closed_at is not null) and (stage = 'closed') = (outcome is not null) "
            "and (stage = 'closed') = (due_on is null)",
            name=op.f("ck_trace_closed"),
        ),
        to_row("trace", "payment_id", "payment"),
        to_row("trace", "payroll_id", "payroll"),
        to_row("trace", "payee_id", "payee"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_trace")),
    )
    still_open = sa.text("stage <> 'closed'")
    op.create_index("uq_trace_open", "trace", ["body_id", "payment_id"], unique=True, postgresql_where=still_open)
    op.create_index("ix_trace_due", "trace", ["body_id", "due_on", "id"], postgresql_where=still_open)
    op.create_index("ix_trace_payment", "trace", ["body_id", "payment_id"])
    op.create_index("ix_trace_payee", "trace", ["body_id", "payee_id"])


def make_steps() -> None:
    op.create_table(
        "trace_step",
        sa.Column("trace_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", one_of("stepkind", *STEPS), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("payee_told", one_of("payeetold", "told", "held_back", "no_address", "not_set_up"), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("place >= 1", name=op.f("ck_trace_step_place")),
        to_row("trace_step", "trace_id", "trace"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_trace_step")),
        sa.UniqueConstraint("body_id", "trace_id", "place", name=op.f("uq_trace_step_body_id_trace_id_place")),
    )


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def add_words(table: str, check: str, column: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
