"""Off-cycle payrolls: for those whom another payroll left out."""

import sqlalchemy as sa
from alembic import op

revision = "off_cycle"
down_revision = "kept_reasons"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    kinds = sa.Enum("regular", "off_cycle", name="payrollkind", native_enum=False, create_constraint=True, length=40)
    op.add_column("payroll", sa.Column("kind", kinds, server_default="regular", nullable=False))
    op.add_column("payroll", sa.Column("pays_for_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_payroll_body_id_pays_for_id"),
        "payroll",
        "payroll",
        ["body_id", "pays_for_id"],
        ["body_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_payroll_pays_for"), "payroll", "(kind = 'off_cycle') = (pays_for_id is not null)"
    )
    op.create_table(
        "named_award",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", f"{table}_id"],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_named_award_body_id_{table}_id"),
            )
            for table in ("award", "payroll")
        ),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", "award_id", name=op.f("pk_named_award")),
    )
    op.execute("ALTER TABLE named_award ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE named_award FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON named_award TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON named_award USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON named_award "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
