"""Files that go to the bank by SFTP: connections that two people confirm, and each file's way."""

import re

import sqlalchemy as sa
from alembic import op

revision = "bank_connection"
down_revision = "responses"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
TROUBLES = (
    "too_late", "not_approved_bytes", "no_connection", "unknown_server", "sign_in_refused", "folder_refused",
    "name_refused", "read_back_differs", "name_taken", "neither_there", "not_there",
)  # fmt: skip
STATUSES = ("waiting", "stored", "sending", "sent", "refused", "uncertain", "withdrawn")


def upgrade() -> None:
    make_connections()
    make_dispatches()
    for table in ("bank_connection", "dispatch"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (confirmed_at) ON bank_connection TO payouts_app")
    op.execute(
        "GRANT UPDATE (status, trouble, connection_id, tries, told_at, stored_at, sent_at, receipted_at, found_there, "
        "found_reason, found_by, found_at, confirmed_by) ON dispatch TO payouts_app"
    )
    # of a file that the service itself put into the bank's folder
    op.alter_column("submission", "recorded_by", nullable=True)
    add_word("change", "ck_change_changekind", "kind", "bank_connection")
    add_word("staff_message", "ck_staff_message_staffevent", "event", "file_not_sent")


def make_connections() -> None:
    op.create_table(
        "bank_connection",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("channel", one_of("channel", "download", "sftp"), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("host_key", sa.String(), nullable=False),
        sa.Column("sign_in", one_of("signin", "key", "password"), nullable=False),
        sa.Column("outgoing_folder", sa.String(), nullable=False),
        sa.Column("incoming_folder", sa.String(), nullable=False),
        sa.Column("collects", sa.Boolean(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(channel = 'sftp') = (sealed_secret is not null)", name=op.f("ck_bank_connection_secret")),
        sa.CheckConstraint("port between 1 and 65535", name=op.f("ck_bank_connection_port")),
        to_row("bank_connection", "line_id", "bank_profile"),
        to_row("bank_connection", "key_id", "sealing_key"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_bank_connection")),
        sa.UniqueConstraint("body_id", "line_id", "version", name=op.f("uq_bank_connection_body_id_line_id_version")),
    )


def make_dispatches() -> None:
    op.create_table(
        "dispatch",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("status", one_of("dispatchstatus", *STATUSES), nullable=False),
        sa.Column("trouble", one_of("trouble", *TROUBLES), nullable=True),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("stored_at", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("receipted_at", INSTANT, nullable=True),
        sa.Column("found_there", sa.Boolean(), nullable=True),
        sa.Column("found_reason", sa.String(), nullable=True),
        sa.Column("found_by", sa.Uuid(), nullable=True),
        sa.Column("found_at", INSTANT, nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(found_by is null) = (found_at is null) and (found_by is null) = (found_there is null)",
            name=op.f("ck_dispatch_found"),
        ),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> found_by", name=op.f("ck_dispatch_two_people")),
        to_row("dispatch", "payroll_id", "payroll"),
        to_row("dispatch", "file_id", "payment_file"),
        to_row("dispatch", "connection_id", "bank_connection"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("body_id", "file_id", name=op.f("uq_dispatch_body_id_file_id")),
    )
    op.create_index("ix_dispatch_payroll", "dispatch", ["body_id", "payroll_id"])


def one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
