"""API keys and their secrets."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "api_keys"
down_revision = "combined_payments"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
FOUND = (
    "body_id uuid, key_id uuid, secret_id uuid, digest bytea, name varchar, kind varchar, scopes jsonb, schemes jsonb, "
    "networks jsonb, payees jsonb, revoked_at timestamptz, ends_at timestamptz, last_used_at timestamptz"
)


def own_body(table: str, may_update: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
    op.execute(f"GRANT UPDATE ({may_update}) ON {table} TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(f"GRANT SELECT ON {table} TO payouts_threshold")


def allow_change(word: str) -> None:
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_change_changekind'")
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    op.create_check_constraint(
        op.f("ck_change_changekind"), "change", f"kind IN ({', '.join(repr(word) for word in words)})"
    )


def upgrade() -> None:
    allow_change("api_key")
    kinds = sa.Enum("test", "team", "live", name="keykind", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "api_key",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("scopes", JSONB(), nullable=False),
        sa.Column("schemes", JSONB(), nullable=False),
        sa.Column("networks", JSONB(), nullable=False),
        sa.Column("payees", JSONB(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("""not scopes @> '["payees", "payments"]'""", name=op.f("ck_api_key_details_or_payments")),
        sa.CheckConstraint(
            """jsonb_array_length(scopes) > 0 and scopes <@ '["read", "payees", "awards", "payments"]'""",
            name=op.f("ck_api_key_scopes"),
        ),
        sa.CheckConstraint("(kind = 'team') = (jsonb_array_length(payees) > 0)", name=op.f("ck_api_key_team_payees")),
        sa.CheckConstraint("(revoked_by is null) = (revoked_at is null)", name=op.f("ck_api_key_revoked")),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_api_key_two_people")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_api_key_body_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_api_key")),
    )
    op.create_index(
        "uq_api_key_name", "api_key", ["body_id", "name"], unique=True, postgresql_where=sa.text("revoked_at is null")
    )
    own_body("api_key", "revoked_by, revoked_at")
    op.create_table(
        "api_secret",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ends_at is null or ends_at >= taken_at", name=op.f("ck_api_secret_ends_at")),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"], ["api_key.body_id", "api_key.id"], name=op.f("fk_api_secret_body_id_key_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_api_secret")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_secret_prefix")),
    )
    op.create_index("ix_api_secret_key", "api_secret", ["body_id", "key_id"])
    own_body("api_secret", "ends_at, last_used_at")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    op.execute(
        f"CREATE FUNCTION api_key_of(of_prefix varchar) RETURNS TABLE ({FOUND}) LANGUAGE sql "
        "STABLE SECURITY DEFINER SET search_path = public, pg_temp AS "
        "$body$SELECT k.body_id, k.id, s.id, s.digest, k.name, k.kind, k.scopes, k.schemes, k.networks, k.payees, "
        "k.revoked_at, s.ends_at, s.last_used_at FROM api_secret s "
        "JOIN api_key k ON k.body_id = s.body_id AND k.id = s.key_id WHERE s.prefix = of_prefix$body$"
    )
    op.execute("ALTER FUNCTION api_key_of(varchar) OWNER TO payouts_threshold")
    op.execute("REVOKE ALL ON FUNCTION api_key_of(varchar) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION api_key_of(varchar) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")
