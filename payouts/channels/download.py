"""The download channel: a releaser takes the released bytes to whoever submits them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.channels.dispatch import must_go_by_hand
from payouts.channels.release import has_approved_bytes, must_be_released
from payouts.files.destroying import must_be_there
from payouts.files.payment_file import PaymentFile, get_file
from payouts.payroll import Payroll
from schemes import audit
from schemes.errors import Refused
from schemes.older_copy import must_not_be_held
from schemes.person import Actor, Role
from schemes.seal import Seals


class BytesDiffer(Refused):
    """The bytes of a file are not those that were approved: nobody gets them."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not have the approved bytes")
        self.name = name


def download(
    session: Session, seals: Seals, payroll: Payroll, file_id: UUID, *, by: Actor, at: datetime
) -> PaymentFile:
    """Let a released file be downloaded, by `segment.blocks_of`; each download is recorded.

    Every byte is looked at before the first one is given out. Raises FileDestroyed, BytesDiffer, GoesByItself,
    OlderCopy, NotFound, NotNow, NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    must_not_be_held(session)
    must_be_released(payroll)
    file = get_file(session, payroll.id, file_id)
    must_go_by_hand(session, file.id)
    must_be_there(session, file)
    if not has_approved_bytes(session, seals, file):
        raise BytesDiffer(file.name)
    if file.first_downloaded_at is None:
        file.first_downloaded_at = at
    audit.record(session, "file.downloaded", by=by, about=file, at=at, payroll=str(payroll.id), sha256=file.sha256)
    return file
