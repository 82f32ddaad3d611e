"""A payment file built anew from the payments: the same bytes, on any machine and day, while the keys live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payouts.files.facts import Items, credits_of, facts_of_file
from payouts.files.forms import FORMS
from payouts.files.payment_file import PaymentFile
from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes.file_format import FileFormat

if TYPE_CHECKING:
    from payouts.app import Service


def regenerate(session: Session, service: Service, payroll: Payroll, file: PaymentFile) -> Iterator[bytes]:
    """The file's bytes in blocks, from the payments and the facts that it was built from."""
    form, facts = FORMS[FileFormat(file.format)], facts_of_file(session, service, payroll, file)
    between, mine = Items(file.first, file.last), Payment.file_id == file.id
    items = credits_of(session, service.seals, payroll, between, mine, form.name_on_the_wire)
    yield form.opening(facts)
    yield from form.records(facts, items)
    yield form.closing(facts)
