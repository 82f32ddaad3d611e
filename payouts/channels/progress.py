"""How a file's way to the bank goes on: by what was found on the server, and by what people decide about it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.channels.dispatch import MOVES, ON_ITS_WAY, Dispatch, DispatchStatus, Trouble, ask, get_dispatch
from payouts.channels.submission import file_was_sent
from payouts.files.payment_file import get_file
from payouts.payroll import Payroll, get_payroll
from schemes import audit
from schemes.errors import NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.person import Actor, Role

CONFIRMERS = (Role.RELEASER, Role.APPROVER, Role.FINANCE, Role.ADMINISTRATOR)


class NothingFound(Refused):
    """Nobody has said yet whether the bank has the file."""


def move(
    session: Session,
    dispatch: Dispatch,
    to: DispatchStatus,
    *,
    by: Actor | None,
    at: datetime,
    trouble: Trouble | None = None,
) -> None:
    """The one door to a file's way: a listed move, its facts and its event in one transaction. Raises NotNow."""
    if (dispatch.status, to) not in MOVES:
        raise NotNow("file", dispatch.status, to)
    moved_from = dispatch.status
    dispatch.status, dispatch.trouble = to, trouble
    if to is DispatchStatus.STORED:
        dispatch.stored_at = at
    if to is DispatchStatus.SENT:
        dispatch.sent_at = at
    session.flush()
    audit.record(
        session,
        f"file.{to}",
        by=by,
        about=get_file(session, dispatch.payroll_id, dispatch.file_id),
        at=at,
        payroll=str(dispatch.payroll_id),
        moved_from=moved_from.value,
        trouble=trouble.value if trouble else None,
    )
    if to is DispatchStatus.SENT:
        payroll = get_payroll(session, dispatch.payroll_id, lock=True)
        file_was_sent(session, payroll, get_file(session, payroll.id, dispatch.file_id), by=by, at=at)


def try_again(session: Session, payroll: Payroll, file_id: UUID, *, by: Actor, at: datetime) -> None:
    """Have a refused file sent again, after the cut-off too, as the releaser says.

    Raises NotNow, NotFound, NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    dispatch = get_dispatch(session, payroll.id, file_id)
    if dispatch.status in ON_ITS_WAY:
        return
    move(session, dispatch, DispatchStatus.WAITING, by=by, at=at)
    dispatch.tries += 1
    ask(session, dispatch, at=at)


def withdraw(session: Session, payroll: Payroll, file_id: UUID, *, by: Actor, at: datetime) -> None:
    """Take a file of which nothing was sent to the bank by hand: it can be downloaded then.

    Raises NotNow, NotFound, NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    dispatch = get_dispatch(session, payroll.id, file_id)
    if dispatch.status is not DispatchStatus.WITHDRAWN:
        move(session, dispatch, DispatchStatus.WITHDRAWN, by=by, at=at, trouble=dispatch.trouble)


def say_found(
    session: Session, payroll: Payroll, file_id: UUID, *, there: bool, reason: str, by: Actor, at: datetime
) -> None:
    """A person looked at the bank's side and says whether it has an uncertain file, and how they know.

    Raises ReasonNotGiven, NotNow, NotFound, NotAllowed.
    """
    by.must_be(*CONFIRMERS, scheme=payroll.scheme_id)
    dispatch = get_dispatch(session, payroll.id, file_id)
    if dispatch.status is not DispatchStatus.UNCERTAIN:
        raise NotNow("file", dispatch.status, "looked for")
    if not reason.strip():
        raise ReasonNotGiven("say what you found")
    dispatch.found_there, dispatch.found_reason = there, reason.strip()
    dispatch.found_by, dispatch.found_at = by.person_id, at
    session.flush()
    file = get_file(session, payroll.id, file_id)
    audit.record(session, "file.looked_for", by=by, about=file, at=at, payroll=str(payroll.id), there=there)


def confirm_found(session: Session, payroll: Payroll, file_id: UUID, *, by: Actor, at: datetime) -> None:
    """Another person looked too: the file counts as sent, or as not sent, to be tried again or taken there by hand.

    Raises NothingFound, SamePerson, NotNow, NotFound, NotAllowed.
    """
    by.must_be(*CONFIRMERS, scheme=payroll.scheme_id)
    dispatch = get_dispatch(session, payroll.id, file_id)
    if dispatch.confirmed_by == by.person_id and dispatch.status is not DispatchStatus.UNCERTAIN:
        return
    if dispatch.status is not DispatchStatus.UNCERTAIN:
        raise NotNow("file", dispatch.status, "confirmed")
    if dispatch.found_by is None:
        raise NothingFound
    if dispatch.found_by == by.person_id:
        raise SamePerson("said what was found")
    dispatch.confirmed_by = by.person_id
    if dispatch.found_there:
        move(session, dispatch, DispatchStatus.SENT, by=by, at=at)
    else:
        move(session, dispatch, DispatchStatus.REFUSED, by=by, at=at, trouble=Trouble.NOT_THERE)


def deny_found(session: Session, payroll: Payroll, file_id: UUID, *, by: Actor, at: datetime) -> None:
    """Another person found otherwise: somebody has to look again. Raises NothingFound, NotNow, NotFound, NotAllowed."""
    by.must_be(*CONFIRMERS, scheme=payroll.scheme_id)
    dispatch = get_dispatch(session, payroll.id, file_id)
    if dispatch.status is not DispatchStatus.UNCERTAIN:
        raise NotNow("file", dispatch.status, "looked for")
    if dispatch.found_by is None:
        raise NothingFound
    dispatch.found_there = dispatch.found_reason = dispatch.found_by = dispatch.found_at = None
    session.flush()
    file = get_file(session, payroll.id, file_id)
    audit.record(session, "file.not_as_found", by=by, about=file, at=at, payroll=str(payroll.id))
