"""Who is told that a file did not get to the bank: everybody who may release it, so that the day is not lost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payouts import when
from payouts.channels.dispatch import Dispatch, DispatchStatus
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.payroll import get_payroll
from schemes.person import Role

if TYPE_CHECKING:
    from payouts.app import Service


WHAT = {
    DispatchStatus.UNCERTAIN: "It is not known whether the bank has",
    DispatchStatus.REFUSED: "The bank’s server did not take",
}


def tell_releasers(session: Session, service: Service, dispatch: Dispatch, *, at: datetime) -> None:
    """Write to the releasers of a payroll's scheme that one of its files needs them."""
    payroll = get_payroll(session, dispatch.payroll_id)
    what = WHAT.get(dispatch.status, "The bank’s server has not answered yet about")
    text = (
        f"{what} a file of payroll {payroll.number}. It has to be with the bank by "
        f"{when.deadline(payroll.deadline_at)}. What happened, and what you can do, stands on "
        f"the payroll’s page.\n\n{service.settings.base_url}/payrolls/{payroll.id}"
    )
    staff.tell_role(
        session,
        service,
        StaffEvent.FILE_NOT_SENT,
        Role.RELEASER,
        subject=f"A file of payroll {payroll.number} needs you",
        text=text,
        at=at,
        scheme_id=payroll.scheme_id,
    )
