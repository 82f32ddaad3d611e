"""Refused rows of an import that a person corrected, and who."""

import sqlalchemy as sa
from alembic import op

revision = "import_corrections"
down_revision = "people"


def upgrade() -> None:
    op.add_column("import_row", sa.Column("corrected_by", sa.Uuid(), nullable=True))
    op.add_column("import_row", sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_import_row_corrected",
        "import_row",
        ["body_id", "import_id", "corrected_by"],
        postgresql_where=sa.text("corrected_by IS NOT NULL"),
    )
    op.execute(
        "GRANT UPDATE (reference, repairs, sealed_cells, corrected_by, corrected_at) ON import_row TO payouts_app"
    )
