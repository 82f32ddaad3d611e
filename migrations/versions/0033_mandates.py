"""Mandates with dates and evidence, how payees are paid, notes, and what payees are found by."""

import re

import sqlalchemy as sa
from alembic import op

revision = "mandates"
down_revision = "subject_access"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def widen(table: str, name: str, column: str, added: tuple[str, ...]) -> None:
    """Let a column take more words, whatever it takes by now."""
    constraint = f"ck_{table}_{name}"
    known = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = [*dict.fromkeys([*re.findall(r"'([^']*)'::", known), *added])]
    op.drop_constraint(op.f(constraint), table, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({listed})")


def upgrade() -> None:
    op.add_column("payee", sa.Column("payment_method", sa.String(40), server_default="account", nullable=False))
    op.create_check_constraint(
        op.f("ck_payee_paymentmethod"), "payee", "payment_method IN ('account', 'no_account', 'address_only')"
    )
    op.execute("GRANT UPDATE (payment_method) ON payee TO payouts_app")
    widen("mandate", "capacity", "capacity", ("deputy", "landlord"))
    widen("unpaid", "unpaidreason", "reason", ("mandate_not_in_force", "no_account", "address_only"))
    change_mandate()
    make_note()
    erase_with_the_rest()
    op.alter_column("beneficiary", "search_name", type_=sa.String(collation="C"), existing_nullable=False)
    op.create_index("ix_beneficiary_search_name", "beneficiary", ["body_id", "search_name"])
    op.alter_column("account", "last_four", type_=sa.String(collation="C"), existing_nullable=False)
    op.create_index("ix_account_last_four", "account", ["body_id", "last_four"])


def change_mandate() -> None:
    for column in (
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("evidence_reference", sa.String(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
    ):
        op.add_column("mandate", column)
    op.create_check_constraint(op.f("ck_mandate_days"), "mandate", "last_day >= first_day")
    op.create_check_constraint(
        op.f("ck_mandate_ended"),
        "mandate",
        "(ended_by is null) = (ended_on is null) and (ended_by is null) = (ended_at is null) "
        "and (ended_by is null or coalesce(ended_because, '') <> '')",
    )
    # one that ended may be followed by another of the same two
    op.drop_constraint(op.f("uq_mandate_body_id_beneficiary_id_payee_id"), "mandate", type_="unique")
    op.create_index("ix_mandate_beneficiary", "mandate", ["body_id", "beneficiary_id", "payee_id"])
    op.execute("GRANT UPDATE (ended_on, ended_by, ended_at, ended_because) ON mandate TO payouts_app")


def erase_with_the_rest() -> None:
    """Let an erasure write over what allowed a payee to receive the money."""
    op.execute("GRANT UPDATE (evidence, evidence_reference, ended_because) ON mandate TO payouts_eraser")
    function = op.get_bind().scalar(
        sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)")
    )
    before, last, after = function.partition("RETURN cardinality(files);")
    assert last, "the end of the function has moved"
    erase = (
        "UPDATE mandate SET evidence = CASE WHEN evidence IS NOT NULL THEN 'erased' END, evidence_reference = NULL, "
        "ended_because = CASE WHEN ended_because IS NOT NULL THEN 'erased' END WHERE body_id = mine AND payee_id = who;"
    )
    op.execute(f"{before}{erase}\n            {last}{after}")


def make_note() -> None:
    op.create_table(
        "note",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_note_body_id_payee_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_payee", "note", ["body_id", "payee_id", "id"])
    op.execute("ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE note FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON note TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON note USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
