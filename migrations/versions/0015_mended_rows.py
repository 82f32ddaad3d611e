"""Rows of an import that were put right as they were read, and how its file as a whole was read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "mended_rows"
down_revision = "duties"


def upgrade() -> None:
    op.add_column("register_import", sa.Column("rows_mended", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("register_import", "rows_mended", server_default=None)
    notes = sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}")
    op.add_column("register_import", notes)
    op.alter_column("register_import", "notes", server_default=None)
    op.execute("GRANT UPDATE (rows_mended, notes) ON register_import TO payouts_app")
    op.add_column("import_row", sa.Column("repairs", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_index(
        "ix_import_row_mended",
        "import_row",
        ["body_id", "import_id", "line"],
        postgresql_where=sa.text("repairs IS NOT NULL"),
    )
