"""The role enquiry; roles given for some schemes only, kept when taken away, and decided with from a time on."""

import sqlalchemy as sa
from alembic import op

revision = "roles"
down_revision = "counted_findings"

ROLES = ("administrator", "preparer", "finance", "approver", "releaser", "auditor", "enquiry")


def upgrade() -> None:
    for table in ("membership", "gate", "gate_rule"):
        op.drop_constraint(op.f(f"ck_{table}_role"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, f"role IN ({', '.join(map(repr, ROLES))})")
    extend_membership()
    op.execute("GRANT UPDATE (ended_at) ON membership TO payouts_app")
    op.execute("DROP FUNCTION memberships_of(uuid)")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    op.execute(
        """
        CREATE FUNCTION memberships_of(wanted uuid)
            RETURNS TABLE (body_id uuid, name varchar, roles text[], schemes uuid[])
            LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $body$
        SELECT b.id, b.name, array_agg(m.role::text ORDER BY m.role, m.id), array_agg(m.scheme_id ORDER BY m.role, m.id)
          FROM membership m JOIN body b ON b.id = m.body_id
         WHERE m.person_id = wanted AND m.ended_at IS NULL GROUP BY b.id, b.name ORDER BY b.name
        $body$
        """
    )
    op.execute("ALTER FUNCTION memberships_of(uuid) OWNER TO payouts_threshold")
    op.execute("REVOKE ALL ON FUNCTION memberships_of(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION memberships_of(uuid) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")


def extend_membership() -> None:
    op.add_column("membership", sa.Column("id", sa.Uuid(), nullable=True))
    op.add_column("membership", sa.Column("scheme_id", sa.Uuid(), nullable=True))
    op.add_column("membership", sa.Column("may_decide_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("membership", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE membership SET id = uuidv7()")
    op.alter_column("membership", "id", nullable=False)
    op.drop_constraint(op.f("pk_membership"), "membership", type_="primary")
    op.create_primary_key(op.f("pk_membership"), "membership", ["body_id", "id"])
    op.create_foreign_key(
        op.f("fk_membership_body_id_scheme_id"), "membership", "scheme", ["body_id", "scheme_id"], ["body_id", "id"]
    )
    op.create_index(
        "uq_membership_live",
        "membership",
        ["body_id", "person_id", "role", "scheme_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_membership_person", "membership", ["person_id"])
