"""Let the secrets of people's one-time codes be wrapped anew when the key ring rotates."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("GRANT UPDATE (code_ring_key_id, code_secret) ON person TO payouts_app")
    op.execute(
        "CREATE POLICY own_people_change ON person FOR UPDATE "
        "USING (EXISTS (SELECT FROM membership WHERE membership.person_id = person.id))"
    )
