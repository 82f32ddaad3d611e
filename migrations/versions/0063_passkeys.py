"""Passkeys, what they were asked to sign, what they signed, and the gates at which a body asks for them."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "passkeys"
down_revision = "api_replies"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)

ROW = (
    "id uuid, credential_id bytea, public_key bytea, sign_count bigint, name varchar, transports varchar, "
    "made_at timestamptz, signs_from timestamptz, last_used_at timestamptz, removed_at timestamptz"
)

FUNCTIONS = {
    "add_passkey(passkey uuid, who uuid, credential bytea, key bytea, signed bigint, called varchar, ways varchar, "
    "now_at timestamptz, from_at timestamptz)": (
        "TABLE (fresh boolean)",
        """
        WITH added AS (
            INSERT INTO passkey (id, person_id, credential_id, public_key, sign_count, name, transports, made_at,
                                 signs_from)
            VALUES (passkey, who, credential, key, signed, called, ways, now_at, from_at)
            ON CONFLICT DO NOTHING RETURNING 1)
        SELECT EXISTS (SELECT FROM added)
        """,
    ),
    "passkeys_of(who uuid)": (
        f"TABLE ({ROW})",
        """
        SELECT p.id, p.credential_id, p.public_key, p.sign_count, p.name, p.transports, p.made_at, p.signs_from,
               p.last_used_at, p.removed_at
          FROM passkey p WHERE p.person_id = who ORDER BY p.made_at, p.id
        """,
    ),
    "passkey_holders(people uuid[])": (
        "TABLE (person_id uuid)",
        "SELECT DISTINCT p.person_id FROM passkey p WHERE p.person_id = ANY (people) AND p.removed_at IS NULL",
    ),
    # a passkey that does not count always tells 0; of one that counts, a count that was told before is a copy's
    "use_passkey(who uuid, passkey uuid, signed bigint, now_at timestamptz)": (
        "TABLE (genuine boolean)",
        """
        WITH used AS (
            UPDATE passkey p SET sign_count = signed, last_used_at = now_at
             WHERE p.id = passkey AND p.person_id = who AND p.removed_at IS NULL
               AND (signed > p.sign_count OR (signed = 0 AND p.sign_count = 0))
            RETURNING 1)
        SELECT EXISTS (SELECT FROM used)
        """,
    ),
    "remove_passkeys(who uuid, passkey uuid, now_at timestamptz)": (
        "TABLE (removed bigint)",
        """
        WITH gone AS (
            UPDATE passkey p SET removed_at = now_at
             WHERE p.person_id = who AND (passkey IS NULL OR p.id = passkey) AND p.removed_at IS NULL
            RETURNING 1)
        SELECT count(*) FROM gone
        """,
    ),
    "keep_passkey_challenge(given bytea, who uuid, what varchar, once varchar, now_at timestamptz, "
    "until timestamptz)": (
        "void",
        """
        DELETE FROM passkey_challenge c WHERE c.person_id = who AND c.expires_at <= now_at;
        INSERT INTO passkey_challenge (challenge, person_id, purpose, nonce, expires_at)
        VALUES (given, who, what, once, until)
        """,
    ),
    "take_passkey_challenge(given bytea, who uuid, what varchar, now_at timestamptz)": (
        "TABLE (nonce varchar)",
        """
        DELETE FROM passkey_challenge c
         WHERE c.challenge = given AND c.person_id = who AND c.purpose = what AND c.expires_at > now_at
        RETURNING c.nonce
        """,
    ),
}


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("transports", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("signs_from", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
    )
    op.create_index("uq_passkey_credential_id", "passkey", ["credential_id"], unique=True)
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"], postgresql_where=sa.text("removed_at is null"))
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_challenge_person_id")),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenge_person_id"), "passkey_challenge", ["person_id"])
    make_functions()
    op.add_column("decision", sa.Column("passkey", JSONB(), nullable=True))
    make_rule()


def make_functions() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE ON passkey TO payouts_threshold")
    op.execute("GRANT SELECT, INSERT, DELETE ON passkey_challenge TO payouts_threshold")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    for signature, (returns, body) in FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql VOLATILE SECURITY DEFINER "
            f"SET search_path = public, pg_temp AS $body${body}$body$"
        )
        name = signature.partition("(")[0]
        arguments = ", ".join(part.split()[-1] for part in signature.partition("(")[2].rstrip(")").split(", "))
        op.execute(f"ALTER FUNCTION {name}({arguments}) OWNER TO payouts_threshold")
        op.execute(f"REVOKE ALL ON FUNCTION {name}({arguments}) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}({arguments}) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")


def make_rule() -> None:
    op.create_table(
        "passkey_rule",
        sa.Column("kinds", JSONB(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_passkey_rule")),
    )
    op.create_index("ix_passkey_rule_set", "passkey_rule", ["body_id", "set_at"])
    op.execute("ALTER TABLE passkey_rule ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE passkey_rule FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON passkey_rule TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON passkey_rule USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON passkey_rule "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("gate", sa.Column("needs_passkey", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_change_changekind'")
    )
    kinds = [*re.findall(r"'([a-z_]+)'", str(written)), "passkeys"]
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    op.create_check_constraint(op.f("ck_change_changekind"), "change", f"kind IN ({', '.join(map(repr, kinds))})")
