"""What must be true of a body at every moment, whoever was killed a moment ago: nothing is half done."""

from __future__ import annotations

from sqlalchemy import Connection, text

from schemes.database import Base

# who is signed in, and with which codes: a page commits that before it does what it is asked for
ASIDE = frozenset({"web_session", "used_code", "sign_in_wait", "audit_link", "audit_pending"})
# how far a step has come is told while it runs
TOLD_ON_THE_WAY = ("rows_done", "pushed_at")
ROW = "(to_jsonb(t) - CAST(:aside AS text[]))::text"
EVERYTHING = " UNION ALL ".join(
    f"SELECT '{table}', md5(string_agg({ROW}, '' ORDER BY t::text)) FROM {table} t"
    for table in sorted(set(Base.metadata.tables) - ASIDE)
)

LIVE_FILES = (
    "(SELECT count(*) FROM payment_file f WHERE f.payroll_id = p.id AND sealed_at IS NOT NULL AND withdrawn_at IS NULL)"
)
PAYMENTS = "(SELECT count(*) FROM payment WHERE payment.payroll_id = p.id AND payment.status {which})"
ENTRIES = "(SELECT count(*) FROM ledger_entry e WHERE e.payroll_id = p.id AND e.event {which})"
GONE = "('released', 'submitted')"
PUT_RIGHT = {
    "payments are lost or doubled": """p.status <> 'building'
        AND (p.payment_count, p.total_pence) <> (SELECT count(*), coalesce(sum(amount_pence), 0)
            FROM payment WHERE payment.payroll_id = p.id AND payment.status <> 'taken_out')""",
    "some payments are built and others not": f"""p.status = 'building'
        AND {PAYMENTS.format(which="IS NOT NULL")} NOT IN (0, :payments)""",
    "a file is there before its time or missing": f"""{LIVE_FILES} <>
        CASE WHEN p.status IN ('sealed', 'released', 'submitted') THEN 1 ELSE 0 END""",
    "a file has other payments than its payroll": """p.status IN ('sealed', 'released', 'submitted')
        AND (p.payment_count, p.total_pence) <> (SELECT payment_count, total_pence FROM payment_file f
            WHERE f.payroll_id = p.id AND sealed_at IS NOT NULL AND withdrawn_at IS NULL)""",
    "payments are somewhere else than their payroll": f"""CASE WHEN p.status IN {GONE} THEN p.status ELSE 'prepared' END
        <> ANY (SELECT status FROM payment WHERE payment.payroll_id = p.id AND payment.status <> 'taken_out')""",
    "the ledger has not each release once": f"""{ENTRIES.format(which="= 'released'")} <>
        CASE WHEN p.status IN {GONE} THEN p.payment_count ELSE 0 END""",
    "the ledger has not each submission once": f"""{ENTRIES.format(which="= 'submitted'")} <>
        CASE WHEN p.status = 'submitted' THEN p.payment_count ELSE 0 END""",
    "it is submitted and nobody said so": """(p.status = 'submitted') <>
        EXISTS (SELECT FROM submission WHERE submission.payroll_id = p.id)""",
    "it is released without every gate": f"""p.status IN {GONE}
        AND EXISTS (SELECT FROM gate WHERE gate.payroll_id = p.id
            AND NOT EXISTS (SELECT FROM decision WHERE decision.gate_id = gate.id AND voided_at IS NULL))""",
    "decisions stand on payments that are built anew": """EXISTS (SELECT FROM decision WHERE decision.payroll_id = p.id
        AND voided_at IS NULL AND p.status IN ('building', 'checking'))""",
    "payees are told before it is submitted": """p.status <> 'submitted'
        AND EXISTS (SELECT FROM notice WHERE notice.payroll_id = p.id)""",
}
WRONG = " UNION ALL ".join(
    f"SELECT CAST(p.number AS text), '{what}' FROM payroll p WHERE {case}" for what, case in PUT_RIGHT.items()
)
FAILED = "SELECT kind, error FROM task WHERE error IS NOT NULL OR state = 'stopped'"


def everything(connection: Connection) -> dict[str, str]:
    """What all tables hold, table by table."""
    rows = connection.execute(text(EVERYTHING), {"aside": list(TOLD_ON_THE_WAY)})
    return {row[0]: row[1] for row in rows}


def assert_nothing_is_half_done(connection: Connection, *, payments: int) -> None:
    """payments: how many the payroll has when nobody disturbs it."""
    assert connection.execute(text(WRONG), {"payments": payments}).all() == []
    assert connection.execute(text(FAILED)).all() == []
