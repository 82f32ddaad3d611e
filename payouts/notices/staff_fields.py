"""What fills the fields of messages to the people who work here, and of a preview of one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bacs import pence
from payouts import when
from payouts.notices.lint import WordingFault, look_at_fields
from payouts.notices.staff_wording import FIELDS, StaffText
from payouts.notices.words import HOLDS, Words, fill
from payouts.payroll import Payroll, payrolls_of_body
from schemes.scheme import get_scheme

if TYPE_CHECKING:
    from payouts.app import Service

MADE_UP = {
    "payroll": "12",
    "scheme": "Your scheme",
    "payments": "1,234 payments",
    "total": "£123,456.78",
    "pay_date": "25 November 2026",
}


def of_payroll(session: Session, service: Service, payroll: Payroll) -> dict[str, str]:
    """The fields that every message about a payroll can use."""
    return {
        "payroll": str(payroll.number),
        "scheme": get_scheme(session, payroll.scheme_id).name,
        "payments": counted(payroll.payment_count, "payment"),
        "total": pence.format(payroll.total_pence),
        "pay_date": when.day(payroll.pay_date),
        "link": f"{service.settings.base_url}/payrolls/{payroll.id}",
    }


def counted(number: int, one: str) -> str:
    """`1 payment`, `5,000 payments`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def preview(
    session: Session, service: Service, text: StaffText, words: Words, *, at: datetime
) -> tuple[Words, list[WordingFault]]:
    """A message filled with the newest payroll's facts, and what is wrong with its words."""
    newest = next(iter(payrolls_of_body(session, limit=1)), None)
    values = {
        **(of_payroll(session, service, newest) if newest else MADE_UP | {"link": service.settings.base_url}),
        "gate": "Approve",
        "due": when.deadline(at),
        "cut_off": when.deadline(newest.deadline_at if newest else at),
        "on_time": HOLDS,
        "lacking": "1 approver",
        "who": "Femi Adeyemi",
        "day": when.short_day(at),
        "kept": "1,230 rows kept",
        "refused": "4 rows refused",
    }
    return fill(words, values), look_at_fields(words, FIELDS[text])
