"""News for the people who work here: a payroll was released, payments came back, a long import is finished.

Each is told once, of each thing: a task of its own name asks for it in the transaction of what happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from payouts import when
from payouts.gates.decision import took_part
from payouts.notices.staff import StaffEvent
from payouts.notices.staff_fields import counted, of_payroll
from payouts.notices.staff_wording import StaffText, write
from payouts.payroll import get_payroll
from schemes.imports.register_import import RegisterImport, get_import
from schemes.person import Role, people

if TYPE_CHECKING:
    from payouts.app import Service

# whoever sent a smaller file is still looking at its page
LONG_IMPORT = timedelta(minutes=5)


def is_news(brought: RegisterImport, *, at: datetime) -> bool:
    """Whether an import took so long that nobody waits at its page any more."""
    return at - brought.step_asked_at >= LONG_IMPORT


def tell(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Write to those whom a piece of news concerns."""
    match StaffEvent(args["event"]):
        case StaffEvent.RELEASED:
            tell_released(session, service, UUID(args["about"]))
        case StaffEvent.IMPORT_FINISHED:
            tell_imported(session, service, UUID(args["about"]))
        case StaffEvent.RETURNS_ARRIVED:
            tell_returns(session, service)


def tell_released(session: Session, service: Service, payroll_id: UUID) -> None:
    """To all who built a payroll or decided on it."""
    payroll = get_payroll(session, payroll_id)
    involved, values = took_part(session, payroll), of_payroll(session, service, payroll)
    for person, _ in people(session, scheme_id=payroll.scheme_id):
        if person.id in involved:
            write(session, service, StaffText.RELEASED, person, values, at=service.now())


def tell_imported(session: Session, service: Service, import_id: UUID) -> None:
    """To whoever sent the file."""
    brought = get_import(session, import_id)
    values = {
        "kept": f"{counted(brought.rows_good, 'row')} kept",
        "refused": f"{counted(brought.rows_refused, 'row')} refused",
        "link": f"{service.settings.base_url}/imports/{brought.id}",
    }
    for person, _ in people(session, scheme_id=brought.scheme_id):
        if person.id == brought.made_by:
            write(session, service, StaffText.IMPORT_FINISHED, person, values, at=service.now())


def tell_returns(session: Session, service: Service) -> None:
    """To everybody in finance, once a day."""
    at = service.now()
    values = {"day": when.short_day(at), "link": f"{service.settings.base_url}/bank/returns"}
    for person, roles in people(session):
        if Role.FINANCE in roles:
            write(session, service, StaffText.RETURNS_ARRIVED, person, values, at=at)
