"""What is asked before a body is known: one function for each question, owned by a role that cannot sign in."""

from alembic import op

revision = "0003"
down_revision = "0002"

PERSON = (
    "id uuid, name varchar, email varchar, password_hash varchar, code_ring_key_id varchar, code_secret bytea, "
    "demo boolean"
)
PERSON_COLUMNS = "p.id, p.name, p.email, p.password_hash, p.code_ring_key_id, p.code_secret, p.demo"

FUNCTIONS = {
    "person_of_email(wanted text)": (
        f"TABLE ({PERSON})",
        f"SELECT {PERSON_COLUMNS} FROM person p WHERE p.email = wanted",
    ),
    "person_of_id(wanted uuid)": (
        f"TABLE ({PERSON})",
        f"SELECT {PERSON_COLUMNS} FROM person p WHERE p.id = wanted",
    ),
    "demo_people()": (
        f"TABLE ({PERSON}, last_counter bigint)",
        f"""
        SELECT {PERSON_COLUMNS}, coalesce((SELECT max(u.counter) FROM used_code u WHERE u.person_id = p.id), 0)
          FROM person p WHERE p.demo ORDER BY p.made_at, p.id
        """,
    ),
    "memberships_of(wanted uuid)": (
        "TABLE (body_id uuid, name varchar, roles text[])",
        """
        SELECT b.id, b.name, array_agg(m.role::text ORDER BY m.role)
          FROM membership m JOIN body b ON b.id = m.body_id
         WHERE m.person_id = wanted GROUP BY b.id, b.name ORDER BY b.name
        """,
    ),
    "all_bodies()": (
        "TABLE (id uuid, name varchar, kind varchar)",
        "SELECT b.id, b.name, b.kind FROM body b ORDER BY b.name, b.id",
    ),
    "bodies_with_pending_audit()": (
        "TABLE (body_id uuid)",
        "SELECT b.id FROM body b WHERE EXISTS (SELECT FROM audit_pending a WHERE a.body_id = b.id)",
    ),
    "body_of_notice(wanted uuid)": ("TABLE (body_id uuid)", "SELECT n.body_id FROM notice n WHERE n.id = wanted"),
    "sign_in_wait(address bytea)": (
        "TABLE (failures integer, until timestamptz)",
        """
        INSERT INTO sign_in_wait AS w (address_digest, failures) VALUES (address, 0)
            ON CONFLICT (address_digest) DO UPDATE SET failures = w.failures
        RETURNING w.failures, w.until
        """,
    ),
    "set_sign_in_wait(address bytea, now_failed integer, wait_until timestamptz)": (
        "void",
        "UPDATE sign_in_wait SET failures = now_failed, until = wait_until WHERE address_digest = address",
    ),
    "use_code(who uuid, what_for text, now_used bigint)": (
        "TABLE (fresh boolean)",
        """
        WITH used AS (
            INSERT INTO used_code AS u (person_id, purpose, counter) VALUES (who, what_for, now_used)
                ON CONFLICT (person_id, purpose) DO UPDATE SET counter = excluded.counter
                WHERE u.counter < excluded.counter
            RETURNING 1)
        SELECT EXISTS (SELECT FROM used)
        """,
    ),
    "start_session(token bytea, who uuid, now_at timestamptz)": (
        "void",
        """
        INSERT INTO web_session (token_digest, person_id, started_at, last_used_at)
        VALUES (token, who, now_at, now_at)
        """,
    ),
    "session_person(token bytea, now_at timestamptz, idle_since timestamptz)": (
        "TABLE (person_id uuid)",
        """
        UPDATE web_session s SET last_used_at = greatest(s.last_used_at, now_at)
         WHERE s.token_digest = token AND s.ended_at IS NULL AND s.last_used_at >= idle_since
        RETURNING s.person_id
        """,
    ),
    "end_sessions(who uuid, token bytea, now_at timestamptz)": (
        "void",
        """
        UPDATE web_session s SET ended_at = now_at
         WHERE (s.person_id = who OR s.token_digest = token) AND s.ended_at IS NULL
        """,
    ),
    "tasks_to_push(now_at timestamptz, pushed_before timestamptz, most integer)": (
        "TABLE (id uuid, body_id uuid, attempts integer)",
        """
        UPDATE task t SET pushed_at = now_at
          FROM (SELECT d.body_id, d.id FROM task d
                 WHERE d.state = 'waiting' AND d.due_at <= now_at
                   AND (d.pushed_at < d.due_at OR d.pushed_at < pushed_before)
                 ORDER BY d.due_at LIMIT most FOR UPDATE SKIP LOCKED) due
         WHERE t.body_id = due.body_id AND t.id = due.id
        RETURNING t.id, t.body_id, t.attempts
        """,
    ),
    "stopped_tasks()": (
        "TABLE (id uuid, body_id uuid, kind varchar, attempts integer, error varchar, ended_at timestamptz)",
        """
        SELECT t.id, t.body_id, t.kind, t.attempts, t.error, t.ended_at
          FROM task t WHERE t.state = 'stopped' ORDER BY t.ended_at
        """,
    ),
}

GRANTS = {
    "SELECT": ("person", "membership", "body", "audit_pending", "notice", "task"),
    "UPDATE (pushed_at)": ("task",),
    "SELECT, INSERT, UPDATE": ("sign_in_wait", "used_code", "web_session"),
}


def upgrade() -> None:
    for rights, tables in GRANTS.items():
        for table in tables:
            op.execute(f"GRANT {rights} ON {table} TO payouts_threshold")
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
