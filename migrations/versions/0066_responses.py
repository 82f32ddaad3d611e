"""What the bank answers: its files, what they say line by line, what that is about, and what came back."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "responses"
down_revision = "addresses"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
STATUSES = ("prepared", "released", "submitted", "paid", "cancelled", "taken_out", "rejected", "recalled", "returned")
LIVE = "status not in ('cancelled', 'taken_out', 'rejected', 'recalled', 'returned')"
REASONS = (
    "deceased",
    "closed",
    "transferred",
    "no_account",
    "invalid_details",
    "name",
    "blocked",
    "refused_by_payee",
    "requested",
    "ours",
    "duplicate",
    "unknown",
)


def upgrade() -> None:
    move_further()
    responses()
    lines()
    matches()
    suspense()
    files()
    told()
    returns()
    guard()


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")


def move_further() -> None:
    """Payments are paid, refused, recalled; payrolls are accepted and closed. What came back frees its key."""
    allow("payment", "status", "ck_payment_paymentstatus", "paid", "rejected", "recalled")
    allow("payroll", "status", "ck_payroll_payrollstatus", "accepted", "closed", "rejected")
    allow("account", "stopped_as", "ck_account_stopped", "returned")
    op.drop_index("uq_payment_permanent_key", "payment")
    op.create_index(
        "uq_payment_permanent_key",
        "payment",
        ["body_id", "scheme_id", "beneficiary_id", "period_first_day", "component", "sequence"],
        unique=True,
        postgresql_where=sa.text(LIVE),
    )
    op.drop_index("uq_payment_one_off", "payment")
    op.create_index(
        "uq_payment_one_off",
        "payment",
        ["body_id", "one_off_id"],
        unique=True,
        postgresql_where=sa.text(f"one_off_id is not null and {LIVE}"),
    )
    op.drop_index("ix_payment_returned", "payment")
    op.create_index(
        "ix_payment_returned",
        "payment",
        ["body_id", "award_id"],
        postgresql_where=sa.text("status in ('rejected', 'recalled', 'returned')"),
    )
    body = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('paid_under_another_record'::regproc)"))
    asked = "NOT IN ('cancelled', 'taken_out', 'returned')"
    assert asked in str(body)
    wanted = "NOT IN ('cancelled', 'taken_out', 'rejected', 'recalled', 'returned')"
    op.execute(sa.text(str(body).replace(asked, wanted).replace(":", r"\:")))
    op.execute("DROP TRIGGER never_again ON payment")
    op.execute(
        "CREATE TRIGGER never_again BEFORE UPDATE ON payment FOR EACH ROW WHEN ("
        "(OLD.status IN ('cancelled', 'taken_out', 'returned') AND NEW.status IS DISTINCT FROM OLD.status) "
        "OR (OLD.status IN ('rejected', 'recalled') AND NEW.status NOT IN ('rejected', 'recalled', 'returned'))"
        ") EXECUTE FUNCTION never_again()"
    )


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def key(table: str) -> tuple[sa.Column[object], sa.Column[object], sa.PrimaryKeyConstraint]:
    return (
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f(f"pk_{table}")),
    )


def responses() -> None:
    op.create_table(
        "response",
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "kind",
            one_of(
                "responsekind",
                "arrival",
                "input",
                "withdrawal",
                "arucs",
                "awacs",
                "payment_status",
                "notification",
                "statement",
                "unknown",
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            one_of("responsestatus", "waiting", "applying", "read", "refused", "quarantined"),
            nullable=False,
        ),
        sa.Column(
            "fault",
            one_of(
                "responsefault",
                "unreadable",
                "hostile",
                "empty",
                "not_a_response",
                "of_direct_debit",
                "another_service_user",
                "another_account",
                "test",
            ),
            nullable=True,
        ),
        sa.Column("report_number", sa.String(), nullable=False),
        sa.Column("user_number", sa.String(), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("lines_done", sa.Integer(), nullable=False),
        sa.Column("mismatches", sa.Integer(), nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        *key("response"),
        sa.CheckConstraint(
            "(status in ('refused', 'quarantined')) = (fault is not null)", name=op.f("ck_response_fault")
        ),
        to_row("response", "key_id", "sealing_key"),
        sa.UniqueConstraint("body_id", "sha256", name=op.f("uq_response_body_id_sha256")),
    )
    op.create_index("ix_response_received", "response", ["body_id", "received_at", "id"])


def lines() -> None:
    op.create_table(
        "response_line",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "says",
            one_of("says", "taken", "amended", "paid", "rejected", "recalled", "returned", "unclear"),
            nullable=False,
        ),
        sa.Column("about_file", sa.Boolean(), nullable=False),
        sa.Column("user_number", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("payment_ref", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=True),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("processing_day", sa.Date(), nullable=True),
        sa.Column("transaction_code", sa.String(), nullable=False),
        sa.Column("reason", one_of("reason", *REASONS), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("beside", JSONB(), nullable=False),
        sa.Column("alike", sa.Integer(), nullable=False),
        sa.Column("alike_count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("roll_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=True),
        *key("response_line"),
        sa.CheckConstraint("position >= 1 and alike between 1 and alike_count", name=op.f("ck_response_line_position")),
        to_row("response_line", "response_id", "response"),
        sa.UniqueConstraint(
            "body_id", "response_id", "position", name=op.f("uq_response_line_body_id_response_id_position")
        ),
    )
    op.create_index("ix_response_line_digest", "response_line", ["body_id", "digest"])


def matches() -> None:
    op.create_table(
        "line_match",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("matched_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("matched_at", INSTANT, nullable=False),
        sa.CheckConstraint("(matched_by is null) = (confirmed_by is null)", name=op.f("ck_line_match_by_hand")),
        sa.CheckConstraint("matched_by <> confirmed_by", name=op.f("ck_line_match_two_people")),
        to_row("line_match", "payment_id", "payment"),
        sa.PrimaryKeyConstraint("body_id", "digest", "payment_id", name=op.f("pk_line_match")),
    )
    op.create_index("ix_line_match_payment", "line_match", ["body_id", "payment_id"])


def suspense() -> None:
    op.create_table(
        "suspense",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            one_of("suspensestatus", "waiting", "proposed", "matched", "set_aside", "found"),
            nullable=False,
        ),
        sa.Column("put_at", INSTANT, nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", INSTANT, nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        *key("suspense"),
        sa.CheckConstraint(
            "(status = 'waiting' or status = 'found' or proposed_by is not null) "
            "and (proposed_by is null) = (proposed_at is null)",
            name=op.f("ck_suspense_proposed"),
        ),
        sa.CheckConstraint(
            "(status in ('matched', 'set_aside')) = (confirmed_by is not null)", name=op.f("ck_suspense_confirmed")
        ),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_suspense_two_people")),
        sa.CheckConstraint("proposed_by is null or coalesce(reason, '') <> ''", name=op.f("ck_suspense_reason")),
        to_row("suspense", "line_id", "response_line"),
        to_row("suspense", "response_id", "response"),
        to_row("suspense", "payment_id", "payment"),
        sa.UniqueConstraint("body_id", "digest", name=op.f("uq_suspense_body_id_digest")),
    )
    op.create_index(
        "ix_suspense_open",
        "suspense",
        ["body_id", "id"],
        postgresql_where=sa.text("status in ('waiting', 'proposed')"),
    )
    op.create_index("ix_suspense_response", "suspense", ["body_id", "response_id"])


def files() -> None:
    op.create_table(
        "file_word",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column(
            "says",
            one_of("filesays", "arrived", "agrees", "differs", "rejected", "withdrawn", "contra"),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("said_by", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        *key("file_word"),
        to_row("file_word", "file_id", "payment_file"),
    )
    op.create_index("ix_file_word_file", "file_word", ["body_id", "file_id", "says"])


def told() -> None:
    op.create_table(
        "told_return",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("why", one_of("why", *REASONS), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("rejected_by", sa.Uuid(), nullable=True),
        sa.Column("rejected_at", INSTANT, nullable=True),
        sa.Column("rejected_because", sa.String(), nullable=True),
        *key("told_return"),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_told_return_reason")),
        *two_people("told_return"),
        to_row("told_return", "payment_id", "payment"),
    )
    op.create_index(
        "uq_told_return_waiting",
        "told_return",
        ["body_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at is null and rejected_at is null"),
    )
    op.create_index("ix_told_return_payment", "told_return", ["body_id", "payment_id"])


def two_people(table: str) -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f(f"ck_{table}_two_people")),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f(f"ck_{table}_confirmed")),
        sa.CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name=op.f(f"ck_{table}_rejection"),
        ),
    )


def returns() -> None:
    op.create_table(
        "returned_payment",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("came_back", one_of("came_back", *STATUSES), nullable=False),
        sa.Column("reason", one_of("reason", *REASONS), nullable=False),
        sa.Column(
            "status",
            one_of("casestatus", "held", "kept", "reissued", "recovered", "written_off"),
            nullable=False,
        ),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owned_at", INSTANT, nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        *key("returned_payment"),
        sa.CheckConstraint(
            "(status = 'reissued') = (successor_id is not null)", name=op.f("ck_returned_payment_successor")
        ),
        sa.CheckConstraint("(owner_id is null) = (owned_at is null)", name=op.f("ck_returned_payment_owner")),
        sa.CheckConstraint("successor_id <> payment_id", name=op.f("ck_returned_payment_not_itself")),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_returned_payment_amount_pence")),
        to_row("returned_payment", "payment_id", "payment"),
        to_row("returned_payment", "successor_id", "payment"),
        to_row("returned_payment", "payee_id", "payee"),
        to_row("returned_payment", "payroll_id", "payroll"),
        sa.UniqueConstraint("body_id", "payment_id", name=op.f("uq_returned_payment_body_id_payment_id")),
    )
    op.create_index("uq_returned_payment_successor", "returned_payment", ["body_id", "successor_id"], unique=True)
    op.create_index(
        "ix_returned_payment_open",
        "returned_payment",
        ["body_id", "opened_at", "id"],
        postgresql_where=sa.text("status in ('held', 'kept')"),
    )
    op.create_index("ix_returned_payment_payee", "returned_payment", ["body_id", "payee_id"])
    op.create_index("ix_returned_payment_payroll", "returned_payment", ["body_id", "payroll_id"])


# beyond SELECT and INSERT: only what really changes, column by column
MAY_UPDATE = {
    "response": "kind, status, fault, report_number, user_number, produced_on, line_count, lines_done, mismatches, "
    "read_at",
    "suspense": "status, payment_id, reason, proposed_by, proposed_at, confirmed_by, confirmed_at",
    "told_return": "confirmed_by, confirmed_at, rejected_by, rejected_at, rejected_because",
    "returned_payment": "came_back, reason, status, owner_id, owned_at, successor_id, ended_at",
}


def guard() -> None:
    append_only = ("response_line", "line_match", "file_word")
    for table in (*MAY_UPDATE, *append_only):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    for table, columns in MAY_UPDATE.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO payouts_app")
    for table in append_only:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
