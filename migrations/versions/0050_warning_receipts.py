"""Receipts of warnings find their body, as those of notices do."""

from alembic import op

revision = "warning_receipts"
down_revision = "unpaid_amounts"


def upgrade() -> None:
    # replaced, not made anew: its owner and who may call it stay as they are
    op.execute(
        "CREATE OR REPLACE FUNCTION body_of_notice(wanted uuid) RETURNS TABLE (body_id uuid) "
        "LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $body$"
        "SELECT n.body_id FROM notice n WHERE n.id = wanted "
        "UNION ALL SELECT w.body_id FROM details_warning w WHERE w.id = wanted"
        "$body$"
    )
