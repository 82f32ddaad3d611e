"""A submission is of one file: a payroll of several files is submitted when each of them was."""

import sqlalchemy as sa
from alembic import op

revision = "submission_per_file"
down_revision = "ledger"

# what was recorded for a payroll was said of each of its files
LIVE = """
    SELECT f.body_id, f.payroll_id, f.id, row_number() OVER (PARTITION BY f.payroll_id ORDER BY f.first) AS place
      FROM payment_file f WHERE f.sealed_at IS NOT NULL AND f.withdrawn_at IS NULL
"""


def upgrade() -> None:
    op.add_column("submission", sa.Column("file_id", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("uq_submission_body_id_payroll_id"), "submission")
    op.execute(
        f"UPDATE submission s SET file_id = live.id FROM ({LIVE}) live "
        "WHERE live.body_id = s.body_id AND live.payroll_id = s.payroll_id AND live.place = 1"
    )
    op.execute(
        "INSERT INTO submission (body_id, id, payroll_id, file_id, reference, submitted_at, recorded_by, recorded_at) "
        "SELECT s.body_id, uuidv7(), s.payroll_id, live.id, s.reference, s.submitted_at, s.recorded_by, s.recorded_at "
        f"FROM submission s JOIN ({LIVE}) live ON live.body_id = s.body_id AND live.payroll_id = s.payroll_id "
        "WHERE live.place > 1"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON submission "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.alter_column("submission", "file_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_submission_body_id_file_id"),
        "submission",
        "payment_file",
        ["body_id", "file_id"],
        ["body_id", "id"],
    )
    op.create_unique_constraint(op.f("uq_submission_body_id_file_id"), "submission", ["body_id", "file_id"])
    op.create_index("ix_submission_payroll", "submission", ["body_id", "payroll_id"])
