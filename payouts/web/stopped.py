"""Work on a payroll that stopped: what happened, in words without anybody's details, and the way back."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.files.stopping import stop_files
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks.outbox import Task, stopped_of
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotFound, Refused
from schemes.person import Role

# by a word in the error, which itself may tell of a payment and is for operators alone
TOO_LITTLE_MEMORY = "It was cut off in the middle each time, as happens where the service has too little memory."
CAUSES = {
    "KeyMissing": "The service was started without the keys that open the bank details.",
    "KeyDestroyed": "Bank details of somebody in this payroll were erased.",
    "SealBroken": "Bank details, or a part of a file, are not as they were sealed.",
    "DiskFull": "There is no room left where the database keeps its data.",
    "ReadBackDiffers": "A file, read back, was not what was written.",
    "ContraDiffers": "A file would have taken another sum from the account than its payments come to.",
    "PaymentsChanged": "The payments changed while the files were built.",
    "ItemRefused": "A payment can’t be carried by the file.",
    "HandLost": TOO_LITTLE_MEMORY,
    "CutOff": TOO_LITTLE_MEMORY,
}
UNKNOWN = "Something in the service went wrong."


def cause_of(task: Task) -> str:
    """Why work stopped, as far as people can be told."""
    return next((said for word, said in CAUSES.items() if word in (task.error or "")), UNKNOWN)


class Stopped(NamedTuple):
    """What stopped. may_go_back: whether the person who looks can give up the files."""

    cause: str
    tasks: list[UUID]
    building_files: bool
    may_go_back: bool


def stopped(session: Session, payroll: Payroll) -> Stopped | None:
    """Of a payroll on which work goes on: why it goes on no more, if it does not."""
    if payroll.status not in (PayrollStatus.BUILDING, PayrollStatus.SEALING):
        return None
    tasks = stopped_of(session, payroll.id)
    if not tasks:
        return None
    cause = cause_of(tasks[0])
    sealing = payroll.status is PayrollStatus.SEALING
    mine = actor().holds(Role.PREPARER, payroll.scheme_id)
    return Stopped(cause, [task.id for task in tasks], sealing, sealing and mine)


@pages.route("/payrolls/<uuid:payroll_id>/files/stop", methods=["POST"], endpoint="stop_files")
@allowed(Role.PREPARER)
def give_up_files(payroll_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            stop_files(session, get_payroll(session, payroll_id, lock=True), by=actor(), at=now())
    except NotFound:
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
