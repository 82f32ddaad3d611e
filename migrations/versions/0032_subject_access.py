"""Requests for everything that is held about one person."""

import sqlalchemy as sa
from alembic import op

revision = "subject_access"
down_revision = "disowned"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "subject_access",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_subject_access_reason")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_subject_access_body_id")),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_subject_access_body_id_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_subject_access_body_id_beneficiary_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_subject_access")),
    )
    op.create_index("ix_subject_access_payee", "subject_access", ["body_id", "payee_id"])
    op.execute("ALTER TABLE subject_access ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE subject_access FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON subject_access TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON subject_access USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    # a request's reason is about the person who is erased, and goes with them
    op.execute("GRANT SELECT, UPDATE (reason) ON subject_access TO payouts_eraser")
    made = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)"))
    gone = "UPDATE subject_access SET reason = 'erased' WHERE body_id = mine AND payee_id = who;\n"
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.get_bind().exec_driver_sql(made.replace("RETURN cardinality(files);", gone + "RETURN cardinality(files);"))
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")
