"""A released payroll of several files, for what happens file by file."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, text

from payouts.channels.download import download
from payouts.files.payment_file import files_of
from payouts.payroll import get_payroll
from schemes.person import Role
from tests.office import Office

PER_FILE = 20


def released_in_several_files(office: Office, owner: Engine) -> tuple[UUID, list[UUID]]:
    """The payroll of a bank that takes few payments in one file, released; and its files in their order."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE bank_profile SET items_per_file = :most"), {"most": PER_FILE})
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    with office.transaction() as session:
        return payroll_id, [file.id for file in files_of(session, payroll_id)]


def download_one(office: Office, payroll_id: UUID, file_id: UUID) -> None:
    by, at = office.person(Role.RELEASER), office.service.now()
    with office.transaction() as session:
        download(session, office.service.seals, get_payroll(session, payroll_id), file_id, by=by, at=at)
