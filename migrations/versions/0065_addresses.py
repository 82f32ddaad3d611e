"""Beneficiaries' own addresses; the safe-contact mark as a change that two people make."""

import re

import sqlalchemy as sa
from alembic import op

revision = "addresses"
down_revision = "one_off_files"

OWN = "erased_at = moment WHERE body_id = mine AND (id = ANY (people));"
REASONS = "kind = 'merge' AND (subject_id = who OR after ->> 'payee_id' = who::text)"


def upgrade() -> None:
    for column in ("address", "postcode"):
        op.add_column("beneficiary", sa.Column(column, sa.String(), nullable=True))
    op.execute("GRANT UPDATE (address, postcode) ON beneficiary TO payouts_app, payouts_eraser")
    op.create_index(
        "ix_beneficiary_postcode",
        "beneficiary",
        ["body_id", "postcode"],
        postgresql_where=sa.text("postcode is not null"),
    )
    add_word("change", "ck_change_changekind", "kind", "safe_contact")
    add_word("revision", "ck_revision_subject", "subject", "address")
    made = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)"))
    for old, new in ((OWN, f"address = NULL, postcode = NULL, {OWN}"), (REASONS, f"({REASONS}) OR {MARKS}")):
        assert made.count(old) == 1, "the function is not the one that this migration knows"
        made = made.replace(old, new)
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.get_bind().exec_driver_sql(made)
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")


MARKS = "(kind = 'safe_contact' AND subject_id = who)"


def add_word(table: str, constraint: str, column: str, word: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_0-9]+)'", str(written)), word])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")
