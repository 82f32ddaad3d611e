"""Evidence at a gate as words, a reference or an attached file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "gate_evidence"
down_revision = "amendments"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.add_column("gate", sa.Column("evidence_form", sa.String(length=40), server_default="text", nullable=False))
    op.create_check_constraint(op.f("ck_gate_evidenceform"), "gate", "evidence_form IN ('text', 'reference', 'file')")
    make_attachments()
    op.execute("ALTER TABLE attachment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE attachment FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON attachment TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON attachment USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.add_column("decision", sa.Column("attachment_id", sa.Uuid(), nullable=True))
    op.add_column("decision", sa.Column("attached", postgresql.JSONB(), nullable=True))
    op.create_foreign_key(
        op.f("fk_decision_body_id_attachment_id"),
        "decision",
        "attachment",
        ["body_id", "attachment_id"],
        ["body_id", "id"],
    )


def make_attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("gate_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("medium", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("attached_by", sa.Uuid(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("medium IN ('pdf', 'png', 'jpeg', 'csv', 'xlsx')", name=op.f("ck_attachment_medium")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", column],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_attachment_body_id_{column}"),
            )
            for table, column in (
                ("payroll", "payroll_id"),
                ("gate", "gate_id"),
                ("manifest", "manifest_id"),
                ("sealing_key", "key_id"),
            )
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_gate", "attachment", ["body_id", "gate_id", "attached_by"])
