"""A body's own words for what it tells the people who work here, who also hear that a payroll waits for them."""

import re

import sqlalchemy as sa
from alembic import op

revision = "staff_wording"
down_revision = "match_confirms"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
TEXTS = (
    "gate_waiting", "gate_reminder", "gate_late", "no_go", "released", "returns_arrived", "import_finished",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "staff_wording",
        sa.Column(
            "event",
            sa.Enum(*TEXTS, name="stafftext", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("body <> ''", name=op.f("ck_staff_wording_body")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_staff_wording")),
        sa.UniqueConstraint("body_id", "event", "number", name=op.f("uq_staff_wording_body_id_event_number")),
    )
    op.execute("ALTER TABLE staff_wording ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE staff_wording FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON staff_wording TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON staff_wording USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    add_word("change", "ck_change_changekind", "kind", "staff_wording")
    add_word("staff_message", "ck_staff_message_staffevent", "event", "gate_waiting")
    add_word("gate_reminder", "ck_gate_reminder_reminded", "reminded", "waiting")


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
