"""What the bank said of people, past its time: by the age of each file from the bank, whoever it was about.

The files' keys are destroyed, and what stood of somebody in the clear beside them is written over. Digests, amounts,
days, the ledger and the audit trail stay: what became of each payment is proved as before.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts.responses.correction import CorrectionReport
from payouts.responses.response import Response
from payouts.statement.statement import StatementFile
from schemes import audit
from schemes.body import get_body
from schemes.one_off_file import OneOffFile
from schemes.retention import first_day_kept
from schemes.seal import SealingKey

# each kind of file that came from outside, with when it came
KINDS = (
    (Response, Response.received_at),
    (StatementFile, StatementFile.received_at),
    (CorrectionReport, CorrectionReport.read_at),
    (OneOffFile, OneOffFile.made_at),
)


def forget_old_answers(session: Session, *, at: datetime) -> int:
    """Destroy the keys of the files that came before the first day kept; returns how many that are."""
    first = first_day_kept(at.astimezone(LONDON).date(), get_body(session).retention_years)
    first_at = datetime(first.year, first.month, first.day, tzinfo=LONDON)
    keys = {
        table.__tablename__: session.scalars(
            select(SealingKey.id)
            .join(table, (table.body_id == SealingKey.body_id) & (table.key_id == SealingKey.id))
            .where(came_at < first_at, SealingKey.wrapped.is_not(None))
        ).all()
        for table, came_at in KINDS
    }
    gone = [key_id for found in keys.values() for key_id in found]
    if not gone:
        return 0
    session.execute(
        update(SealingKey)
        .where(SealingKey.body_id == session.info["body_id"], SealingKey.id.in_(gone))
        .values(wrapped=None, destroyed_at=at)
    )
    lines = session.scalar(text("SELECT forget_answers()"))
    session.expire_all()
    audit.record(
        session,
        "bank_files.forgotten",
        by=None,
        about=get_body(session),
        at=at,
        files=len(gone),
        lines=lines,
        kept_from=first.isoformat(),
    )
    return len(gone)
