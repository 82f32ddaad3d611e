"""What rows stand on is looked up in the index itself: by bitmap, as PostgreSQL planned it, each of many costs more."""

from alembic import op

revision = "looked_up_by_index"
down_revision = "metrics"

TABLES = ("beneficiary", "payee", "contact", "mandate", "account", "award", "import_row")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER FUNCTION {table}_stands_on_rows() SET enable_bitmapscan = off")
