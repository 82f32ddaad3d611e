"""What answers of Confirmation of Payee mean for use, as each body decided; why details were confirmed all the same."""

import sqlalchemy as sa
from alembic import op

revision = "name_policy"
down_revision = "import_corrections"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
MEANINGS = ("close", "no_match", "switched", "unable", "not_asked")


def upgrade() -> None:
    op.create_table(
        "name_policy",
        *(sa.Column(name, sa.String(40), nullable=False) for name in MEANINGS),
        sa.Column("ask_on_entry", sa.Boolean(), nullable=False),
        sa.Column("good_for_days", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.CheckConstraint(f"{name} IN ('allow', 'reason', 'block')", name=op.f(f"ck_name_policy_{name}"))
            for name in MEANINGS
        ),
        sa.CheckConstraint("good_for_days between 1 and 365", name=op.f("ck_name_policy_good_for_days")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_name_policy")),
    )
    op.create_index("ix_name_policy_set", "name_policy", ["body_id", "set_at"])
    op.execute("ALTER TABLE name_policy ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE name_policy FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON name_policy TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON name_policy USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON name_policy "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("account", sa.Column("confirmed_because", sa.String(), nullable=True))
    op.execute("GRANT UPDATE (confirmed_because) ON account TO payouts_app")
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    kinds = (
        "cooling_off",
        "duties",
        "retention",
        "scheme",
        "merge",
        "invitation",
        "roles",
        "credentials",
        "name_policy",
    )
    listed = ", ".join(repr(kind) for kind in kinds)
    op.create_check_constraint(op.f("ck_change_changekind"), "change", f"kind IN ({listed})")
