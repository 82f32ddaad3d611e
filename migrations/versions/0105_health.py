"""What is asked about the installation as a whole: which shape the database has, and how its work stands."""

from alembic import op

revision = "health"
down_revision = "cheque_stopped"

FUNCTIONS = {
    "schema_revisions()": (
        "TABLE (revision varchar)",
        "SELECT v.version_num FROM alembic_version v",
    ),
    # both partial indexes hold little: what waits, and what stopped
    "tasks_standing(now_at timestamptz)": (
        "TABLE (kind varchar, waiting bigint, due bigint, stopped bigint, oldest_due_at timestamptz)",
        """
        SELECT t.kind, count(*) FILTER (WHERE t.state = 'waiting'),
               count(*) FILTER (WHERE t.state = 'waiting' AND t.due_at <= now_at),
               count(*) FILTER (WHERE t.state = 'stopped'),
               min(t.due_at) FILTER (WHERE t.state = 'waiting' AND t.due_at <= now_at)
          FROM (SELECT w.kind, w.state, w.due_at FROM task w WHERE w.state = 'waiting'
                UNION ALL
                SELECT s.kind, s.state, s.due_at FROM task s WHERE s.state = 'stopped') t
         GROUP BY t.kind ORDER BY t.kind
        """,
    ),
}


def upgrade() -> None:
    op.execute("GRANT SELECT ON alembic_version TO payouts_threshold")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    for signature, (returns, body) in FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
            f"SET search_path = public, pg_temp AS $body${body}$body$"
        )
        name = signature.partition("(")[0]
        arguments = ", ".join(part.split()[-1] for part in signature.partition("(")[2].rstrip(")").split(", ") if part)
        op.execute(f"ALTER FUNCTION {name}({arguments}) OWNER TO payouts_threshold")
        op.execute(f"REVOKE ALL ON FUNCTION {name}({arguments}) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}({arguments}) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")
