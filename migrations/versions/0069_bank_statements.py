"""Bank statements, their entries, and what these were matched to."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "bank_statements"
down_revision = "finding_opening"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
STATUSES = ("reading", "asking", "unreadable", "read")
FAULTS = (
    "not_readable",
    "other_message",
    "other_account",
    "other_currency",
    "does_not_add_up",
    "bad_row",
    "bad_table",
)
NATURES = ("return", "fee", "other")
MATCHES = ("contra", "return", "fee", "not_ours")
MAY_UPDATE = {
    "statement_file": "sealed_content, status, fault, fault_at, header, columns, entry_count, known_entries",
    "bank_statement": "from_day, to_day, opening_pence, closing_pence, entry_count",
    "bank_entry": "match, payment_file_id, payment_id, matched_by, matched_at",
}


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    make_files()
    make_statements()
    make_entries()
    for table, columns in MAY_UPDATE.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT DELETE ON bank_statement TO payouts_app")
    allow("change", "kind", "ck_change_changekind", "bank_match")


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


def make_files() -> None:
    op.create_table(
        "statement_file",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("fault", sa.String(40), nullable=True),
        sa.Column("fault_at", sa.Integer(), nullable=False),
        sa.Column("header", JSONB(), nullable=True),
        sa.Column("columns", JSONB(), nullable=True),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("known_entries", sa.Integer(), nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        *owned("statement_file", ("bank_profile", "line_id"), ("sealing_key", "key_id")),
        sa.UniqueConstraint("body_id", "line_id", "sha256", name=op.f("uq_statement_file_body_id_line_id_sha256")),
        sa.CheckConstraint(one_of("status", STATUSES), name=op.f("ck_statement_file_filestatus")),
        sa.CheckConstraint(one_of("fault", FAULTS), name=op.f("ck_statement_file_statementfault")),
        sa.CheckConstraint(
            "(status in ('read', 'unreadable')) = (sealed_content is null)", name=op.f("ck_statement_file_content")
        ),
    )
    op.create_index("ix_statement_file_received", "statement_file", ["body_id", "received_at"])


def make_statements() -> None:
    op.create_table(
        "bank_statement",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("opening_pence", sa.BigInteger(), nullable=True),
        sa.Column("closing_pence", sa.BigInteger(), nullable=True),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        *owned("bank_statement", ("statement_file", "file_id"), ("bank_profile", "line_id")),
    )
    op.create_index("ix_bank_statement_days", "bank_statement", ["body_id", "line_id", "to_day"])


def make_entries() -> None:
    op.create_table(
        "bank_entry",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("is_credit", sa.Boolean(), nullable=False),
        sa.Column("nature", sa.String(40), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("hint_id", sa.Uuid(), nullable=True),
        sa.Column("payroll_number", sa.Integer(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("match", sa.String(40), nullable=True),
        sa.Column("payment_file_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("matched_by", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        *owned(
            "bank_entry",
            ("bank_statement", "statement_id"),
            ("statement_file", "file_id"),
            ("bank_profile", "line_id"),
            ("payment_file", "hint_id"),
            ("payment_file", "payment_file_id"),
            ("payment", "payment_id"),
        ),
        sa.CheckConstraint(one_of("nature", NATURES), name=op.f("ck_bank_entry_nature")),
        sa.CheckConstraint(one_of("match", MATCHES), name=op.f("ck_bank_entry_match")),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_bank_entry_amount_pence")),
        sa.CheckConstraint(
            "(coalesce(match, '') = 'contra') = (payment_file_id is not null) "
            "and (coalesce(match, '') = 'return') = (payment_id is not null)",
            name=op.f("ck_bank_entry_matched"),
        ),
    )
    op.create_index("uq_bank_entry_digest", "bank_entry", ["body_id", "digest"], unique=True)
    op.create_index("ix_bank_entry_of_file", "bank_entry", ["body_id", "file_id", "id"])
    for name, columns, where in (
        ("ix_bank_entry_unmatched", ["body_id", "id"], "match is null"),
        ("ix_bank_entry_file", ["body_id", "payment_file_id"], "match = 'contra'"),
    ):
        op.create_index(name, "bank_entry", columns, postgresql_where=sa.text(where))
    op.create_index(
        "uq_bank_entry_returned",
        "bank_entry",
        ["body_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("match = 'return'"),
    )


def allow(table: str, column: str, check: str, *more: str) -> None:
    """Let a column of named values have more of them, whichever it has by now."""
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    values = [*re.findall(r"'([a-z_]+)'", str(written)), *more]
    op.drop_constraint(op.f(check), table, type_="check")
    op.create_check_constraint(op.f(check), table, f"{column} IN ({', '.join(repr(each) for each in values)})")
