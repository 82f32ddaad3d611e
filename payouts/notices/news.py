"""News for the people who work here: a payroll was released, payments came back, a long import is finished.

Each is told once, of each thing: a task of its own name asks for it in the transaction of what happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from bacs import pence
from payouts.gates.decision import took_part
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.payroll import get_payroll
from schemes.duties import london_day
from schemes.imports.register_import import RegisterImport, get_import
from schemes.person import Person, Role, people

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
    involved = took_part(session, payroll)
    text = (
        f"Every gate of payroll {payroll.number} said go: {payroll.payment_count:,} payments, "
        f"{pence.format(payroll.total_pence)} in total, for {payroll.pay_date.day} {payroll.pay_date:%B %Y}. What is "
        f"still to do stands on its page.\n\n{service.settings.base_url}/payrolls/{payroll.id}"
    )
    for person, _ in people(session, scheme_id=payroll.scheme_id):
        if person.id in involved:
            write(session, service, StaffEvent.RELEASED, person, f"Payroll {payroll.number} is released", text)


def tell_imported(session: Session, service: Service, import_id: UUID) -> None:
    """To whoever sent the file."""
    brought = get_import(session, import_id)
    text = (
        f"The file that you sent is in the register: {brought.rows_good:,} rows were kept, {brought.rows_refused:,} "
        f"were refused, each with its reason.\n\n{service.settings.base_url}/imports/{brought.id}"
    )
    for person, _ in people(session, scheme_id=brought.scheme_id):
        if person.id == brought.made_by:
            write(session, service, StaffEvent.IMPORT_FINISHED, person, "Your file is in the register", text)


def tell_returns(session: Session, service: Service) -> None:
    """To everybody in finance, once a day."""
    text = (
        "Payments came back, or the bank did not take them. Each waits for somebody to put it right.\n\n"
        f"{service.settings.base_url}/bank/returns"
    )
    day = london_day(service.now())
    for person, roles in people(session):
        if Role.FINANCE in roles:
            subject = f"Payments came back on {day.day} {day:%B}"
            write(session, service, StaffEvent.RETURNS_ARRIVED, person, subject, text)


def write(session: Session, service: Service, event: StaffEvent, person: Person, subject: str, text: str) -> None:
    facts = {"email": person.email, "name": person.name, "subject": subject, "text": text}
    staff.plan(session, service, event, **facts, at=service.now())
