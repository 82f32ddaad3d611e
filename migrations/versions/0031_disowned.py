"""Contacts are told of a proposed change of bank details, with a link that holds it until somebody has looked."""

import sqlalchemy as sa
from alembic import op

revision = "disowned"
down_revision = "scheme_drafts"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
STATUSES = ("planned", "sending", "sent", "delivered", "failed", "refused", "no_address", "held_back")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    change_account()
    make_warning()
    op.execute("ALTER TABLE details_warning ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE details_warning FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON details_warning TO payouts_app")
    follows = "status, sealed_content, notify_id, error, sent_at, used_at"
    op.execute(f"GRANT UPDATE ({follows}) ON details_warning TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON details_warning USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT SELECT ON details_warning TO payouts_threshold")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    op.execute(
        "CREATE FUNCTION body_of_warning(token bytea) RETURNS TABLE (body_id uuid) LANGUAGE sql VOLATILE "
        "SECURITY DEFINER SET search_path = public, pg_temp AS "
        "$body$SELECT w.body_id FROM details_warning w WHERE w.token_digest = token$body$"
    )
    op.execute("ALTER FUNCTION body_of_warning(bytea) OWNER TO payouts_threshold")
    op.execute("REVOKE ALL ON FUNCTION body_of_warning(bytea) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION body_of_warning(bytea) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")


def change_account() -> None:
    op.add_column("account", sa.Column("held_back", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    for name, kind in (
        ("disowned_at", sa.DateTime(timezone=True)),
        ("looked_by", sa.Uuid()),
        ("looked_at", sa.DateTime(timezone=True)),
        ("looked_because", sa.String()),
    ):
        op.add_column("account", sa.Column(name, kind, nullable=True))
    op.create_check_constraint(
        op.f("ck_account_looked"),
        "account",
        "(looked_by is null) = (looked_at is null) and (looked_by is null or "
        "(looked_by <> proposed_by and disowned_at is not null and coalesce(looked_because, '') <> ''))",
    )
    op.create_check_constraint(op.f("ck_account_held_back"), "account", "not held_back or disowned_at is not null")
    op.create_index(
        "ix_account_disowned",
        "account",
        ["body_id", "disowned_at"],
        postgresql_where=sa.text("disowned_at is not null and looked_at is null"),
    )
    op.execute("GRANT UPDATE (held_back, disowned_at, looked_by, looked_at, looked_because) ON account TO payouts_app")


def make_warning() -> None:
    op.create_table(
        "details_warning",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("notify_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("status", STATUSES), name=op.f("ck_details_warning_noticestatus")),
        sa.CheckConstraint(
            one_of("channel", ("email", "text", "phone", "letter")), name=op.f("ck_details_warning_channel")
        ),
        sa.CheckConstraint("channel in ('email', 'text')", name=op.f("ck_details_warning_written")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", column],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_details_warning_body_id_{column}"),
            )
            for table, column in (("account", "account_id"), ("contact", "contact_id"))
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_details_warning")),
    )
    op.create_index("uq_details_warning_token", "details_warning", ["token_digest"], unique=True)
    op.create_index("ix_details_warning_account", "details_warning", ["body_id", "account_id"])
