"""Whose signature an encrypted answer of the bank bears, and that a body believes only signed ones."""

import re

import sqlalchemy as sa
from alembic import op

revision = "signed_answers"
down_revision = "statement_as_it_came"

SIGNATURES = ("none", "verified", "unknown", "broken", "unchecked")


def upgrade() -> None:
    op.add_column(
        "bank_connection", sa.Column("requires_signature", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for column in (
        sa.Column("signature", sa.String(40), nullable=True),
        sa.Column("signed_by", sa.String(), server_default="", nullable=False),
        sa.Column("must_be_signed", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("response", column)
    op.create_check_constraint(
        op.f("ck_response_signature"), "response", f"signature IN ({', '.join(map(repr, SIGNATURES))})"
    )
    # of a file that lacked a good signature, and came again with one
    op.execute("GRANT UPDATE (message_sha256, signature, signed_by, must_be_signed) ON response TO payouts_app")
    name = "ck_response_responsefault"
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), "not_signed", "signature_broken"]
    op.drop_constraint(op.f(name), "response", type_="check")
    op.create_check_constraint(op.f(name), "response", f"fault IN ({', '.join(map(repr, words))})")
