"""How many bank details an import brought: counted once, since its page would count a million at each look."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_of_imports"
down_revision = "traces"


def upgrade() -> None:
    op.add_column("register_import", sa.Column("accounts_made", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("register_import", "accounts_made", server_default=None)
    op.execute(
        """
        UPDATE register_import SET accounts_made = brought.accounts
          FROM (SELECT body_id, import_id, count(*) AS accounts FROM account WHERE import_id IS NOT NULL
                 GROUP BY body_id, import_id) AS brought
         WHERE brought.body_id = register_import.body_id AND brought.import_id = register_import.id
        """
    )
    op.execute("GRANT UPDATE (accounts_made) ON register_import TO payouts_app")
