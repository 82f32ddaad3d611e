"""How far each person has seen what happened, and the work that stopped found without reading all work."""

import sqlalchemy as sa
from alembic import op

revision = "last_look"
down_revision = "repeated_entries"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.create_table(
        "last_look",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_last_look_position")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_last_look_person_id_person")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_last_look")),
        sa.UniqueConstraint("body_id", "person_id", name=op.f("uq_last_look_body_id_person_id")),
    )
    op.execute("ALTER TABLE last_look ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE last_look FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON last_look TO payouts_app")
    op.execute("GRANT UPDATE (position, looked_at) ON last_look TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON last_look USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.create_index(
        op.f("ix_task_stopped"), "task", ["body_id", "ended_at"], postgresql_where=sa.text("state = 'stopped'")
    )
