"""Duplicates: the keys that bring alike payees together, the pairs that were found, and the searches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "duplicates"
down_revision = "frequencies"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
TABLES = ("match_key", "duplicate_pair", "shared_account", "duplicate_search")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def to_payee(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], ["payee.body_id", "payee.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def upgrade() -> None:
    make_keys()
    make_pairs()
    make_searches()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT DELETE ON match_key TO payouts_app")
    op.execute(
        "GRANT UPDATE (likelihood, evidence, status, decided_by, decided_at, because) ON duplicate_pair TO payouts_app"
    )
    op.execute("GRANT UPDATE (payee_count) ON shared_account TO payouts_app")
    op.execute("GRANT UPDATE (done, ended_at) ON duplicate_search TO payouts_app")


def make_keys() -> None:
    op.create_table(
        "match_key",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        to_payee("match_key", "payee_id"),
        sa.PrimaryKeyConstraint("body_id", "value", "payee_id", name=op.f("pk_match_key")),
    )
    op.create_index("ix_match_key_payee", "match_key", ["body_id", "payee_id"])
    op.create_table(
        "shared_account",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("payee_count", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_shared_account")),
        sa.UniqueConstraint("body_id", "fingerprint", name=op.f("uq_shared_account_body_id_fingerprint")),
    )


def make_pairs() -> None:
    op.create_table(
        "duplicate_pair",
        sa.Column("first_payee_id", sa.Uuid(), nullable=False),
        sa.Column("second_payee_id", sa.Uuid(), nullable=False),
        sa.Column("likelihood", sa.String(40), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("likelihood", ("likely", "possible")), name=op.f("ck_duplicate_pair_likelihood")),
        sa.CheckConstraint(
            one_of("status", ("open", "not_same", "merged", "no_longer_alike")),
            name=op.f("ck_duplicate_pair_pairstatus"),
        ),
        sa.CheckConstraint("first_payee_id < second_payee_id", name=op.f("ck_duplicate_pair_in_order")),
        sa.CheckConstraint(
            "status <> 'not_same' or coalesce(because, '') <> ''", name=op.f("ck_duplicate_pair_reason")
        ),
        to_payee("duplicate_pair", "first_payee_id"),
        to_payee("duplicate_pair", "second_payee_id"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint(
            "body_id",
            "first_payee_id",
            "second_payee_id",
            name=op.f("uq_duplicate_pair_body_id_first_payee_id_second_payee_id"),
        ),
    )
    op.create_index("ix_duplicate_pair_second", "duplicate_pair", ["body_id", "second_payee_id"])
    op.create_index("ix_duplicate_pair_status", "duplicate_pair", ["body_id", "status", "likelihood", "id"])


def make_searches() -> None:
    op.create_table(
        "duplicate_search",
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("since_event", sa.Uuid(), nullable=True),
        sa.Column("until_event", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("scope", ("register", "import", "changed")), name=op.f("ck_duplicate_search_scope")),
        sa.ForeignKeyConstraint(
            ["body_id", "import_id"],
            ["register_import.body_id", "register_import.id"],
            name=op.f("fk_duplicate_search_body_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_duplicate_search")),
    )
    op.create_index("ix_duplicate_search_began", "duplicate_search", ["body_id", "began_at"])
