"""The way from a sandbox to a live body: who sees to what, what was said, the request, and the operator's word."""

import re

import sqlalchemy as sa
from alembic import op

revision = "going_live"
down_revision = "look_backs"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
POINTS = (
    "('rehearsed', 'looked_back', 'trained', 'administrators', 'people', 'bank_profile', 'bank_said_yes', 'notify', "
    "'data_protection', 'support')"
)
# no process of the app can say yes for the operator: whoever decides holds the key of the tables' owner
GRANTS = {
    "readiness_owner": "SELECT, INSERT",
    "readiness_word": "SELECT, INSERT",
    "go_live_request": "SELECT, INSERT, UPDATE (withdrawn_by, withdrawn_at)",
    "go_live_decision": "SELECT",
    "rehearsed_in": "SELECT",
}


def upgrade() -> None:
    for table, name, said, said_by, said_at in (
        ("readiness_owner", "owner_id", sa.Uuid(), "given_by", "given_at"),
        ("readiness_word", "words", sa.String(), "said_by", "said_at"),
    ):
        op.create_table(
            table,
            sa.Column("point", sa.String(40), nullable=False),
            sa.Column(name, said, nullable=False),
            sa.Column(said_by, sa.Uuid(), nullable=False),
            sa.Column(said_at, sa.DateTime(timezone=True), nullable=False),
            *own_row(table),
            sa.CheckConstraint(f"point IN {POINTS}", name=op.f(f"ck_{table}_point")),
        )
    op.create_table(
        "go_live_request",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("live_body_id", sa.Uuid(), nullable=False),
        sa.Column("live_name", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("checklist", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *own_row("go_live_request"),
        to_row("go_live_request", "change", "change_id"),
        sa.CheckConstraint("asked_by <> confirmed_by", name=op.f("ck_go_live_request_two_people")),
        sa.CheckConstraint(
            "(withdrawn_by is null) = (withdrawn_at is null)", name=op.f("ck_go_live_request_withdrawn")
        ),
    )
    op.create_table(
        "go_live_decision",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        *own_row("go_live_decision"),
        to_row("go_live_decision", "go_live_request", "request_id"),
        sa.UniqueConstraint("body_id", "request_id", name=op.f("uq_go_live_decision_body_id_request_id")),
        sa.CheckConstraint("operator <> '' and words <> ''", name=op.f("ck_go_live_decision_said")),
    )
    op.create_table(
        "rehearsed_in",
        sa.Column("sandbox_id", sa.Uuid(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        *own_row("rehearsed_in"),
        sa.ForeignKeyConstraint(["sandbox_id"], ["body.id"], name=op.f("fk_rehearsed_in_sandbox_id")),
        sa.UniqueConstraint("body_id", name=op.f("uq_rehearsed_in_body_id")),
    )
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {granted} ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    for table in ("readiness_owner", "readiness_word", "go_live_decision"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER never_again BEFORE UPDATE ON go_live_request FOR EACH ROW "
        "WHEN (OLD.withdrawn_at IS NOT NULL) EXECUTE FUNCTION never_again()"
    )
    add_word("change", "ck_change_changekind", "kind", "go_live")
    add_word("staff_message", "ck_staff_message_staffevent", "event", "go_live_decided")


def own_row(table: str) -> tuple[sa.Column, sa.Column, sa.PrimaryKeyConstraint]:
    return (
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f(f"pk_{table}")),
    )


def to_row(table: str, referred: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_body_id_{column}")
    return sa.ForeignKeyConstraint(["body_id", column], [f"{referred}.body_id", f"{referred}.id"], name=name)


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
