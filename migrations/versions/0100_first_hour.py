"""Signing up for a sandbox, and the practice colleagues who work in one."""

import re

import sqlalchemy as sa
from alembic import op

revision = "first_hour"
down_revision = "references_in_sets"

PERSON = (
    "id uuid, name varchar, email varchar, password_hash varchar, code_ring_key_id varchar, code_secret bytea, "
    "demo boolean"
)
PERSON_COLUMNS = "p.id, p.name, p.email, p.password_hash, p.code_ring_key_id, p.code_secret, p.demo"

FUNCTIONS = {
    "practice_people(wanted uuid)": (
        f"TABLE ({PERSON}, last_counter bigint)",
        f"""
        SELECT {PERSON_COLUMNS}, coalesce((SELECT max(u.counter) FROM used_code u WHERE u.person_id = p.id), 0)
          FROM person p WHERE p.practice_of = wanted ORDER BY p.made_at, p.id
        """,
    ),
    "public_bodies()": (
        "TABLE (id uuid, name varchar)",
        "SELECT b.id, b.name FROM body b WHERE NOT b.signed_up ORDER BY b.name, b.id",
    ),
    # whoever practises in a sandbox is nobody anywhere else, whatever a row says
    "memberships_of(wanted uuid)": (
        "TABLE (body_id uuid, name varchar, roles text[], schemes uuid[])",
        """
        SELECT b.id, b.name, array_agg(m.role::text ORDER BY m.role, m.id), array_agg(m.scheme_id ORDER BY m.role, m.id)
          FROM membership m JOIN body b ON b.id = m.body_id JOIN person p ON p.id = m.person_id
         WHERE m.person_id = wanted AND m.ended_at IS NULL AND (p.practice_of IS NULL OR p.practice_of = m.body_id)
         GROUP BY b.id, b.name ORDER BY b.name
        """,
    ),
}


def upgrade() -> None:
    op.add_column("body", sa.Column("signed_up", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_check_constraint(op.f("ck_body_signed_up"), "body", "not signed_up or kind = 'sandbox'")
    op.add_column("person", sa.Column("practice_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_person_practice_of"), "person", "body", ["practice_of"], ["id"])
    op.create_index("ix_person_practice_of", "person", ["practice_of"])
    op.execute(
        """
        CREATE FUNCTION practice_must_be_in_a_sandbox() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM body b WHERE b.id = NEW.practice_of AND b.kind = 'sandbox') THEN
                RAISE EXCEPTION 'nobody practises in a live body' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER practice_in_sandbox BEFORE INSERT OR UPDATE OF practice_of ON person FOR EACH ROW "
        "WHEN (NEW.practice_of IS NOT NULL) EXECUTE FUNCTION practice_must_be_in_a_sandbox()"
    )
    op.alter_column("invitation", "invited_by", nullable=True)
    op.execute("GRANT UPDATE (email, name) ON invitation TO payouts_app")
    add_word("staff_message", "ck_staff_message_staffevent", "event", "sign_up")
    make_functions()


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")


def make_functions() -> None:
    op.execute("DROP FUNCTION memberships_of(uuid)")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    for signature, (returns, body) in FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql VOLATILE SECURITY DEFINER "
            f"SET search_path = public, pg_temp AS $body${body}$body$"
        )
        name = signature.partition("(")[0]
        arguments = ", ".join(part.split()[-1] for part in signature.partition("(")[2].rstrip(")").split(", ") if part)
        op.execute(f"ALTER FUNCTION {name}({arguments}) OWNER TO payouts_threshold")
        op.execute(f"REVOKE ALL ON FUNCTION {name}({arguments}) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}({arguments}) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")
