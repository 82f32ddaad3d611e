"""Corrections from the bank read in chunks: what is left of a large report waits sealed until workers have read it."""

import re

import sqlalchemy as sa
from alembic import op

revision = "correction_chunks"
down_revision = "bank_statements"


def upgrade() -> None:
    op.add_column("correction_report", sa.Column("lines_done", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE correction_report SET lines_done = line_count")
    op.alter_column("correction_report", "lines_done", server_default=None)
    op.add_column("correction_report", sa.Column("key_id", sa.Uuid(), nullable=True))
    op.add_column("correction_report", sa.Column("sealed_content", sa.LargeBinary(), nullable=True))
    op.create_foreign_key(
        op.f("fk_correction_report_body_id_key_id"),
        "correction_report",
        "sealing_key",
        ["body_id", "key_id"],
        ["body_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_correction_report_content"),
        "correction_report",
        "(sealed_content is not null) = (lines_done < line_count)",
    )
    op.execute("GRANT UPDATE (lines_done, sealed_content) ON correction_report TO payouts_app")
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_correction_line_lineoutcome'")
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), "refused"])
    op.drop_constraint(op.f("ck_correction_line_lineoutcome"), "correction_line", type_="check")
    op.create_check_constraint(op.f("ck_correction_line_lineoutcome"), "correction_line", f"outcome IN ({words})")
