"""Patterns of duties: four or three people, two as cover for a time, and the reviews of what two released."""

import sqlalchemy as sa
from alembic import op

revision = "duties"
down_revision = "contacts"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
PATTERNS = "duty_pattern IN ('four', 'three', 'two')"


def upgrade() -> None:
    for table in ("body", "payroll"):
        op.add_column(table, sa.Column("duty_pattern", sa.String(40), nullable=False, server_default="four"))
        op.create_check_constraint(op.f(f"ck_{table}_dutypattern"), table, PATTERNS)
    op.create_check_constraint(op.f("ck_body_never_two_for_good"), "body", "duty_pattern <> 'two'")
    op.execute("GRANT UPDATE (duty_pattern) ON body TO payouts_app")
    make_cover()
    op.add_column("payroll", sa.Column("cover_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_payroll_body_id_cover_id"), "payroll", "cover", ["body_id", "cover_id"], ["body_id", "id"]
    )
    op.create_check_constraint(op.f("ck_payroll_cover"), "payroll", "(duty_pattern = 'two') = (cover_id is not null)")
    make_review()
    for table in ("cover", "cover_review"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (ended_at, released, reviewed) ON cover TO payouts_app")
    op.execute("GRANT UPDATE (reviewed_by, reviewed_at, found) ON cover_review TO payouts_app")
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    op.create_check_constraint(op.f("ck_change_changekind"), "change", "kind IN ('cooling_off', 'duties')")


def make_cover() -> None:
    op.create_table(
        "cover",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ceiling_pence", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.Column("reviewed", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ceiling_pence > 0", name=op.f("ck_cover_ceiling")),
        sa.CheckConstraint("reviewed between 0 and released", name=op.f("ck_cover_reviews")),
        sa.ForeignKeyConstraint(
            ["body_id", "change_id"], ["change.body_id", "change.id"], name=op.f("fk_cover_body_id_change_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_cover")),
    )


def make_review() -> None:
    op.create_table(
        "cover_review",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(reviewed_by is null) = (reviewed_at is null) and (reviewed_by is null or coalesce(found, '') <> '')",
            name=op.f("ck_cover_review_reviewed"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_cover_review_body_id_payroll_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "cover_id"], ["cover.body_id", "cover.id"], name=op.f("fk_cover_review_body_id_cover_id")
        ),
        sa.UniqueConstraint("body_id", "payroll_id", name=op.f("uq_cover_review_body_id_payroll_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_cover_review")),
    )
