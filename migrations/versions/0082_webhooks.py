"""Webhooks: addresses that are told what happened, their secrets, and each message's way."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "webhooks"
down_revision = "accounts_of_imports"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
MAY_UPDATE = {
    "webhook": "description, events, payload, status, paused_because, moved_at, told_to, run, due_at, rests, "
    "rests_until, failing_since",
    "webhook_secret": "ends_at",
    "webhook_delivery": "status, attempts, due_at, ended_at",
}
TROUBLES = ("name_unknown", "address_refused", "not_reached", "certificate", "too_slow", "not_http")


def upgrade() -> None:
    make_webhooks()
    make_secrets()
    make_deliveries()
    make_attempts()
    for table in ("webhook", "webhook_secret", "webhook_delivery", "webhook_attempt"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    for table, columns in MAY_UPDATE.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO payouts_app")
    op.execute("GRANT DELETE ON webhook_delivery, webhook_attempt TO payouts_app")
    allow_word("staff_message", "ck_staff_message_staffevent", "event", "webhook_paused")
    make_due()


def make_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("events", JSONB(), nullable=False),
        sa.Column("payload", one_of("payloadkind", "thin", "full"), nullable=False),
        sa.Column("status", one_of("webhookstatus", "active", "paused", "removed"), nullable=False),
        sa.Column("paused_because", one_of("paused", "new", "person", "failing", "gone"), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.Column("told_to", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("rests", sa.Integer(), nullable=False),
        sa.Column("rests_until", INSTANT, nullable=True),
        sa.Column("failing_since", INSTANT, nullable=True),
        *own_id("webhook"),
        sa.CheckConstraint("(status = 'paused') = (paused_because is not null)", name=op.f("ck_webhook_is_paused")),
        sa.CheckConstraint("rests >= 0", name=op.f("ck_webhook_rests")),
        to_row("webhook", "api_key", "key_id"),
    )
    op.create_index("ix_webhook_key", "webhook", ["body_id", "key_id"])
    op.create_index("ix_webhook_active", "webhook", ["due_at"], postgresql_where=sa.text("status = 'active'"))


def make_secrets() -> None:
    op.create_table(
        "webhook_secret",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        *own_id("webhook_secret"),
        sa.CheckConstraint("ends_at is null or ends_at >= taken_at", name=op.f("ck_webhook_secret_ends_at")),
        to_row("webhook_secret", "webhook", "webhook_id"),
        to_row("webhook_secret", "sealing_key", "key_id"),
    )
    op.create_index("ix_webhook_secret_webhook", "webhook_secret", ["body_id", "webhook_id"])


def make_deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("status", one_of("deliverystatus", "waiting", "delivered", "failed", "skipped"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        *own_id("webhook_delivery"),
        sa.UniqueConstraint(
            "body_id", "webhook_id", "event_id", name=op.f("uq_webhook_delivery_body_id_webhook_id_event_id")
        ),
        to_row("webhook_delivery", "webhook", "webhook_id"),
        to_row("webhook_delivery", "audit_event", "event_id"),
    )
    op.create_index("ix_webhook_delivery_webhook", "webhook_delivery", ["body_id", "webhook_id", "id"])
    op.create_index(
        "ix_webhook_delivery_failed",
        "webhook_delivery",
        ["body_id", "webhook_id", "id"],
        postgresql_where=sa.text("status in ('failed', 'skipped')"),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["body_id", "webhook_id", "subject_id", "position"],
        postgresql_where=sa.text("status = 'waiting'"),
    )


def make_attempts() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("trouble", one_of("trouble", *TROUBLES), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        *own_id("webhook_attempt"),
        to_row("webhook_attempt", "webhook_delivery", "delivery_id"),
    )
    op.create_index("ix_webhook_attempt_delivery", "webhook_attempt", ["body_id", "delivery_id", "id"])


def make_due() -> None:
    op.execute("GRANT SELECT ON webhook TO payouts_threshold")
    op.execute("GRANT SELECT ON audit_link TO payouts_threshold")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    op.execute(
        "CREATE FUNCTION webhooks_due(now_at timestamptz) RETURNS TABLE (body_id uuid, webhook_id uuid) LANGUAGE sql "
        "STABLE SECURITY DEFINER SET search_path = public, pg_temp AS "
        "$body$SELECT w.body_id, w.id FROM webhook w "
        "JOIN api_key k ON k.body_id = w.body_id AND k.id = w.key_id "
        "WHERE w.status = 'active' AND k.revoked_at IS NULL AND (w.rests_until IS NULL OR w.rests_until <= now_at) "
        "AND (w.due_at <= now_at OR EXISTS ("
        "SELECT FROM audit_link l WHERE l.body_id = w.body_id AND l.position > w.told_to))$body$"
    )
    op.execute("ALTER FUNCTION webhooks_due(timestamptz) OWNER TO payouts_threshold")
    op.execute("REVOKE ALL ON FUNCTION webhooks_due(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION webhooks_due(timestamptz) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")


def one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def own_id(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f(f"pk_{table}")),
    ]


def to_row(table: str, there: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{there}.body_id", f"{there}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def allow_word(table: str, constraint: str, column: str, word: str) -> None:
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({', '.join(repr(word) for word in words)})")
