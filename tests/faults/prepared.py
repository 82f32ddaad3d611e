"""Payrolls brought to where a test begins, by this process instead of the site."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from payouts.app import Service
from payouts.demo.harbour import Harbour
from payouts.files import sealing
from payouts.payroll import get_payroll
from schemes.bank_profile import BankProfile
from schemes.person import Role
from tests.office import Office


def next_pay_date(service: Service, harbour: Harbour) -> date:
    with service.transaction(harbour.body_id) as session:
        cut_off = session.scalars(select(BankProfile.cut_off)).one()
    return service.calendar.earliest_cycle(service.now(), cut_off).entry_day


def checked(office: Office, register: Path) -> UUID:
    """A payroll of a register, built and checked."""
    import_id = office.bring_in(register.read_bytes())
    office.keep(import_id)
    office.confirm(import_id)
    payroll_id = office.create(next_pay_date(office.service, office.harbour))
    office.work()
    return payroll_id


def to_be_sealed(office: Office, register: Path) -> UUID:
    """A payroll whose file is asked for: that is left to the workers."""
    payroll_id = checked(office, register)
    office.accept_findings(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        sealing.ask_for_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    return payroll_id


def sealed(office: Office, register: Path) -> UUID:
    """A payroll whose findings are accepted and whose file waits at the first gate."""
    payroll_id = checked(office, register)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    return payroll_id


def downloaded(office: Office, register: Path) -> UUID:
    """A payroll that was released, its file taken, its submission not recorded yet."""
    payroll_id = sealed(office, register)
    office.decide_all(payroll_id)
    office.download(payroll_id)
    return payroll_id
