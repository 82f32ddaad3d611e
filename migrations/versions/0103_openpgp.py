"""Files as OpenPGP messages to the bank: the bank's certificate, our key, and each message as it was made."""

import re

import sqlalchemy as sa
from alembic import op

revision = "openpgp"
down_revision = "going_live"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    connect()
    make_messages()
    for table in ("dispatch_message", "dispatch_segment"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.add_column("dispatch", sa.Column("message_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_dispatch_body_id_message_id"),
        "dispatch",
        "dispatch_message",
        ["body_id", "message_id"],
        ["body_id", "id"],
    )
    op.execute("GRANT UPDATE (message_id) ON dispatch TO payouts_app")
    op.add_column("response", sa.Column("message_sha256", sa.String(), server_default="", nullable=False))
    for word in ("certificate_over", "not_encrypted"):
        add_word("dispatch", "ck_dispatch_trouble", "trouble", word)
    add_word("response", "ck_response_responsefault", "fault", "encrypted")
    add_word("staff_message", "ck_staff_message_staffevent", "event", "certificate_ends")


def connect() -> None:
    for column in (
        sa.Column("pgp_certificate", sa.String(), server_default="", nullable=False),
        sa.Column("pgp_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signs", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opens_answers", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("our_certificate", sa.String(), server_default="", nullable=False),
        sa.Column("sealed_pgp_key", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("bank_connection", column)
    op.create_check_constraint(
        op.f("ck_bank_connection_pgp_key"),
        "bank_connection",
        "(signs or opens_answers) = (sealed_pgp_key is not null)",
    )


def make_messages() -> None:
    op.create_table(
        "dispatch_message",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("certificate_sha256", sa.String(), nullable=False),
        sa.Column("encrypted_to", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("segment_count", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("byte_count > 0", name=op.f("ck_dispatch_message_byte_count")),
        sa.ForeignKeyConstraint(
            ["body_id", "file_id"],
            ["payment_file.body_id", "payment_file.id"],
            name=op.f("fk_dispatch_message_body_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_dispatch_message")),
        sa.UniqueConstraint(
            "body_id",
            "file_id",
            "certificate_sha256",
            "signed_by",
            name=op.f("uq_dispatch_message_body_id_file_id_certificate_sha256_signed_by"),
        ),
    )
    op.create_table(
        "dispatch_segment",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "message_id"],
            ["dispatch_message.body_id", "dispatch_message.id"],
            name=op.f("fk_dispatch_segment_body_id_message_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("body_id", "message_id", "number", name=op.f("pk_dispatch_segment")),
    )


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
