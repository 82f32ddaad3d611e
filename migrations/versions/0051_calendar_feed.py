"""Each person's calendar feed, by the digest of its secret address."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_feed"
down_revision = "warning_receipts"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_calendar_feed_token_digest")),
    )
    op.create_index(
        "uq_calendar_feed_live",
        "calendar_feed",
        ["body_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.execute("ALTER TABLE calendar_feed ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE calendar_feed FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON calendar_feed TO payouts_app")
    op.execute("GRANT UPDATE (ended_at) ON calendar_feed TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON calendar_feed USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT SELECT ON calendar_feed TO payouts_threshold")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    # whoever left the body has no feed of it any more
    op.execute(
        "CREATE FUNCTION calendar_feed_of(token bytea) RETURNS TABLE (body_id uuid, made_at timestamptz) LANGUAGE sql "
        "VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS "
        "$body$SELECT f.body_id, f.made_at FROM calendar_feed f WHERE f.token_digest = token AND f.ended_at IS NULL "
        "AND EXISTS (SELECT 1 FROM membership m WHERE m.body_id = f.body_id AND m.person_id = f.person_id "
        "AND m.ended_at IS NULL AND m.role <> 'enquiry')$body$"
    )
    op.execute("ALTER FUNCTION calendar_feed_of(bytea) OWNER TO payouts_threshold")
    op.execute("REVOKE ALL ON FUNCTION calendar_feed_of(bytea) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION calendar_feed_of(bytea) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")
