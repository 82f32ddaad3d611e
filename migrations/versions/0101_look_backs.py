"""What people say after a payroll, and the actions that go with them to the next one."""

import sqlalchemy as sa
from alembic import op

revision = "look_backs"
down_revision = "first_hour"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
HEADINGS = "('communication', 'decision_making', 'testing', 'design', 'momentum')"


def upgrade() -> None:
    op.create_table(
        "look_back",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in SAID),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(" || ".join(SAID) + " <> ''", name=op.f("ck_look_back_said")),
        to_row("look_back", "payroll", "payroll_id"),
        sa.UniqueConstraint("body_id", "payroll_id", name=op.f("uq_look_back_body_id_payroll_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_look_back")),
    )
    op.create_table(
        "look_back_action",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("heading", sa.String(40), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"heading IN {HEADINGS}", name=op.f("ck_look_back_action_heading")),
        sa.CheckConstraint("what <> ''", name=op.f("ck_look_back_action_what")),
        sa.CheckConstraint("(done_by is null) = (done_at is null)", name=op.f("ck_look_back_action_done")),
        to_row("look_back_action", "payroll", "payroll_id"),
        to_row("look_back_action", "scheme", "scheme_id"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_look_back_action")),
    )
    op.create_index(
        "ix_look_back_action_open",
        "look_back_action",
        ["body_id", "scheme_id"],
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_table(
        "carried_action",
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("carried_by", sa.Uuid(), nullable=False),
        sa.Column("carried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_carried_action_reason")),
        to_row("carried_action", "look_back_action", "action_id"),
        to_row("carried_action", "payroll", "payroll_id"),
        sa.UniqueConstraint(
            "body_id", "action_id", "payroll_id", name=op.f("uq_carried_action_body_id_action_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_carried_action")),
    )
    for table, may_update in (
        ("look_back", ""),
        ("look_back_action", ", UPDATE (done_by, done_at)"),
        ("carried_action", ""),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT{may_update} ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER never_again BEFORE UPDATE ON look_back_action FOR EACH ROW "
        "WHEN (OLD.done_at IS NOT NULL) EXECUTE FUNCTION never_again()"
    )


SAID = ("communication", "decision_making", "testing", "design", "momentum")


def to_row(table: str, referred: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_body_id_{column}")
    return sa.ForeignKeyConstraint(["body_id", column], [f"{referred}.body_id", f"{referred}.id"], name=name)
