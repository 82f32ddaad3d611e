"""Invitations, resets of credentials, recovery codes, messages to staff, and what a session was opened by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "people"
down_revision = "merges"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
CHANGES = ("cooling_off", "duties", "retention", "scheme", "merge", "invitation", "roles", "credentials")
EVENTS = ("invitation", "reset_link", "reset_confirmed", "new_approver", "recovery_code_used", "password_changed")
STATUSES = ("planned", "sending", "sent", "delivered", "failed", "refused", "no_address", "held_back")

SESSION = (
    "token_digest bytea, started_at timestamptz, last_used_at timestamptz, ended_at timestamptz, browser varchar, "
    "by_recovery_code boolean"
)

FUNCTIONS = {
    "start_session(token bytea, who uuid, now_at timestamptz, called varchar, paper boolean)": (
        "void",
        """
        INSERT INTO web_session (token_digest, person_id, started_at, last_used_at, browser, by_recovery_code)
        VALUES (token, who, now_at, now_at, called, paper)
        """,
    ),
    "end_other_sessions(who uuid, kept bytea, now_at timestamptz)": (
        "void",
        """
        UPDATE web_session s SET ended_at = now_at
         WHERE s.person_id = who AND s.token_digest <> kept AND s.ended_at IS NULL
        """,
    ),
    "sessions_of(who uuid, most integer)": (
        f"TABLE ({SESSION})",
        """
        SELECT s.token_digest, s.started_at, s.last_used_at, s.ended_at, s.browser, s.by_recovery_code
          FROM web_session s WHERE s.person_id = who ORDER BY s.started_at DESC LIMIT most
        """,
    ),
    "last_sign_ins(people uuid[])": (
        "TABLE (person_id uuid, started_at timestamptz)",
        """
        SELECT s.person_id, max(s.started_at) FROM web_session s WHERE s.person_id = ANY (people) GROUP BY s.person_id
        """,
    ),
    "set_password(who uuid, hash varchar)": (
        "void",
        "UPDATE person p SET password_hash = hash WHERE p.id = who",
    ),
    "set_credentials(who uuid, hash varchar, ring_key varchar, secret bytea, decides_from timestamptz)": (
        "void",
        """
        UPDATE person p SET password_hash = hash, code_ring_key_id = ring_key, code_secret = secret,
                            may_decide_from = greatest(p.may_decide_from, decides_from)
         WHERE p.id = who
        """,
    ),
    "renew_recovery_codes(who uuid, digests bytea[], now_at timestamptz)": (
        "void",
        """
        DELETE FROM recovery_code r WHERE r.person_id = who;
        INSERT INTO recovery_code (person_id, digest, made_at) SELECT who, made, now_at FROM unnest(digests) AS made
        """,
    ),
    "use_recovery_code(who uuid, code bytea, now_at timestamptz)": (
        "TABLE (fresh boolean)",
        """
        WITH used AS (
            UPDATE recovery_code r SET used_at = now_at
             WHERE r.person_id = who AND r.digest = code AND r.used_at IS NULL
            RETURNING 1)
        SELECT EXISTS (SELECT FROM used)
        """,
    ),
    "recovery_codes_left(who uuid)": (
        "TABLE (unused bigint)",
        "SELECT count(*) FROM recovery_code r WHERE r.person_id = who AND r.used_at IS NULL",
    ),
    "body_of_link(token bytea)": (
        "TABLE (body_id uuid)",
        """
        SELECT i.body_id FROM invitation i WHERE i.token_digest = token
        UNION ALL SELECT c.body_id FROM credential_reset c WHERE c.token_digest = token
        """,
    ),
}


def upgrade() -> None:
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    op.create_check_constraint(op.f("ck_change_changekind"), "change", one_of("kind", CHANGES))
    op.add_column("person", sa.Column("may_decide_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("web_session", sa.Column("browser", sa.String(), server_default="", nullable=False))
    op.add_column(
        "web_session", sa.Column("by_recovery_code", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "recovery_code",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("person_id", "digest", name=op.f("pk_recovery_code")),
    )
    make_invitation()
    make_reset()
    make_message()
    may_update = {
        "invitation": "token_digest, expires_at, accepted_by, accepted_at, withdrawn_by, withdrawn_at",
        "credential_reset": "token_digest, expires_at, used_at",
        "staff_message": "status, sealed_content, notify_id, error, sent_at",
    }
    for table, columns in may_update.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ({columns}) ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    make_functions()


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, values))})"


def make_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", JSONB(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(accepted_by is null) = (accepted_at is null)", name=op.f("ck_invitation_accepted")),
        sa.CheckConstraint("(withdrawn_by is null) = (withdrawn_at is null)", name=op.f("ck_invitation_withdrawn")),
        sa.CheckConstraint("accepted_at is null or withdrawn_at is null", name=op.f("ck_invitation_one_end")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_invitation")),
    )
    op.create_index("uq_invitation_token", "invitation", ["token_digest"], unique=True)
    op.create_index("ix_invitation_email", "invitation", ["body_id", "email"])


def make_reset() -> None:
    op.create_table(
        "credential_reset",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_credential_reset")),
    )
    op.create_index("uq_credential_reset_token", "credential_reset", ["token_digest"], unique=True)


def make_message() -> None:
    op.create_table(
        "staff_message",
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("notify_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("event", EVENTS), name=op.f("ck_staff_message_staffevent")),
        sa.CheckConstraint(one_of("status", STATUSES), name=op.f("ck_staff_message_noticestatus")),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"],
            ["sealing_key.body_id", "sealing_key.id"],
            name=op.f("fk_staff_message_body_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_staff_message")),
    )


def make_functions() -> None:
    op.execute("DROP FUNCTION start_session(bytea, uuid, timestamptz)")
    op.execute("GRANT SELECT ON invitation, credential_reset TO payouts_threshold")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code TO payouts_threshold")
    op.execute(
        "GRANT UPDATE (password_hash, code_ring_key_id, code_secret, may_decide_from) ON person TO payouts_threshold"
    )
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
