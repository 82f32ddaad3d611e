"""A payment file built anew from the payments: the same bytes, on any machine and day, while the keys live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payouts.files.facts import credits_of, facts_of_file
from payouts.files.forms import FORMS
from payouts.files.payment_file import PaymentFile
from payouts.payment import Payment, lines_of, ordinals
from payouts.payroll import Payroll
from schemes.file_format import FileFormat

if TYPE_CHECKING:
    from payouts.app import Service


def regenerate(session: Session, service: Service, payroll: Payroll, file: PaymentFile) -> Iterator[bytes]:
    """The file's bytes in blocks, from the payments and the facts that it was built from."""
    form, facts = FORMS[FileFormat(file.format)], facts_of_file(session, service, payroll, file)
    mine = (Payment.payroll_id == payroll.id) & ordinals(file.first, file.last) & (Payment.file_id == file.id)
    payments = credits_of(service.seals, payroll.body_id, lines_of(session, mine), form.name_on_the_wire)
    yield form.opening(facts)
    yield from form.records(facts, payments)
    yield form.closing(facts)
