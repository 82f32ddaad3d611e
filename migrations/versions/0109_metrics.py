"""What the installation's metrics are read from: counts and times over all bodies, by one question."""

from alembic import op

revision = "metrics"
down_revision = "webhooks_in_order"

# of each table only the columns that are counted by: who is paid what stays out of reach
READS = {
    "payroll": "body_id, id, status, deadline_at",
    "returned_payment": "body_id, status, opened_at",
    "ledger_control": "body_id, ran_at, difference_count",
    "dispatch": "body_id, status",
    "webhook_delivery": "body_id, status",
}
SIGNATURE = "installation_standing(now_at timestamptz)"
NOT_RELEASED = "('building', 'checked', 'sealing', 'sealed')"
# each part reads a small table, a partial index, or an index for each of a few rows
STANDING = f"""
SELECT 'payrolls', b.kind, p.status, count(*)::float8 FROM payroll p JOIN body b ON b.id = p.body_id
 GROUP BY b.kind, p.status
UNION ALL
SELECT 'next_cut_off', b.kind, '', extract(epoch FROM min(p.deadline_at) - now_at)::float8
  FROM payroll p JOIN body b ON b.id = p.body_id
 WHERE p.status IN {NOT_RELEASED} AND p.deadline_at > now_at GROUP BY b.kind
UNION ALL
SELECT 'missed_cut_offs', b.kind, '', count(*)::float8 FROM payroll p JOIN body b ON b.id = p.body_id
 WHERE p.status IN {NOT_RELEASED} AND p.deadline_at <= now_at GROUP BY b.kind
UNION ALL
SELECT 'notices_waiting', b.kind, '', sum(n.waiting)::float8 FROM payroll p JOIN body b ON b.id = p.body_id
 CROSS JOIN LATERAL (
   SELECT count(*) AS waiting FROM notice n
    WHERE n.body_id = p.body_id AND n.payroll_id = p.id AND n.status IN ('planned', 'sending')) n
 WHERE p.deadline_at > now_at - interval '60 days' GROUP BY b.kind
UNION ALL
SELECT 'dispatches', b.kind, d.status, count(*)::float8 FROM dispatch d JOIN body b ON b.id = d.body_id
 GROUP BY b.kind, d.status
UNION ALL
SELECT 'returns_open', b.kind, '', count(*)::float8 FROM returned_payment r JOIN body b ON b.id = r.body_id
 WHERE r.status IN ('held', 'kept') GROUP BY b.kind
UNION ALL
SELECT 'oldest_return', b.kind, '', extract(epoch FROM now_at - min(r.opened_at))::float8
  FROM returned_payment r JOIN body b ON b.id = r.body_id WHERE r.status IN ('held', 'kept') GROUP BY b.kind
UNION ALL
SELECT 'controls_that_differ', b.kind, '', count(*) FILTER (WHERE c.difference_count > 0)::float8
  FROM body b CROSS JOIN LATERAL (
   SELECT l.difference_count FROM ledger_control l WHERE l.body_id = b.id ORDER BY l.ran_at DESC LIMIT 1) c
 GROUP BY b.kind
UNION ALL
SELECT 'oldest_control', b.kind, '', extract(epoch FROM now_at - min(c.ran_at))::float8
  FROM body b CROSS JOIN LATERAL (
   SELECT l.ran_at FROM ledger_control l WHERE l.body_id = b.id ORDER BY l.ran_at DESC LIMIT 1) c
 GROUP BY b.kind
UNION ALL
SELECT 'webhook_deliveries_waiting', '', '', count(*)::float8 FROM webhook_delivery w WHERE w.status = 'waiting'
UNION ALL
SELECT 'webhooks', '', coalesce(w.paused_because, w.status), count(*)::float8 FROM webhook w
 GROUP BY coalesce(w.paused_because, w.status)
UNION ALL
SELECT 'audit_events_waiting', '', '', count(*)::float8 FROM audit_pending a
"""


def upgrade() -> None:
    for table, columns in READS.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO payouts_threshold")
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_threshold")
    op.execute(
        f"CREATE FUNCTION {SIGNATURE} RETURNS TABLE (gauge text, body_kind text, state text, value float8) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $body${STANDING}$body$"
    )
    op.execute("ALTER FUNCTION installation_standing(timestamptz) OWNER TO payouts_threshold")
    op.execute("REVOKE ALL ON FUNCTION installation_standing(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION installation_standing(timestamptz) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_threshold")
