"""What a sandbox is filled with on request: a scheme that is written already, and made-up payees."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from payouts import registering
from payouts.demo.register import write_register
from payouts.first_hour.practice import must_be_sandbox
from schemes import scheme_draft
from schemes.bank_details import london_day
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.definition import Component, Definition
from schemes.errors import NotFound
from schemes.imports.register_import import RegisterImport
from schemes.period import Frequency, PayDay, Schedule
from schemes.person import Actor
from schemes.scheme_draft import SchemeDraft

if TYPE_CHECKING:
    from payouts.app import Service

SIZES = (60, 200, 1000)


def example_scheme(first_day: date, bank_profile_id: UUID) -> Definition:
    """A scheme that the made-up payees fit, to be read, changed or proposed as it is."""
    return Definition(
        code="ILP",
        name="Independent living payments",
        pays_for="Care and support that people arrange for themselves",
        schedule=Schedule(Frequency.MONTHLY, first_day, PayDay.DAY_OF_PERIOD, 28),
        components=(Component("support", "Support"),),
        payment_limit_pence=10_000_00,
        payroll_limit_pence=2_000_000_00,
        bank_profile_id=bank_profile_id,
    )


def begin_example_scheme(session: Session, *, draft_id: UUID, by: Actor, at: datetime) -> SchemeDraft:
    """A draft of the example, from this month on. Raises OnlyInASandbox, NotFound without an account, NotAllowed."""
    must_be_sandbox(session)
    profile = next(iter(bank_profiles(session)), None)
    if profile is None:
        raise NotFound("account to pay from", draft_id)
    definition = example_scheme(london_day(at).replace(day=1), profile.line_id)
    return scheme_draft.begin(session, definition, draft_id=draft_id, scheme_id=new_id(), by=by, at=at)


def bring_in_made_up_payees(
    session: Session, service: Service, *, import_id: UUID, scheme_id: UUID, people: int, by: Actor, at: datetime
) -> RegisterImport:
    """Send a made-up register to a scheme of a sandbox, as a preparer would send a file.

    people: rows, twelve of them wrong. Raises OnlyInASandbox, NotFound, NotAllowed.
    """
    must_be_sandbox(session)
    with TemporaryDirectory() as folder:
        content = write_register(Path(folder) / "register.csv", people=people).path.read_bytes()
    return registering.begin_import(
        session,
        service,
        import_id=import_id,
        scheme_id=scheme_id,
        file_name="made-up-payees.csv",
        content=content,
        by=by,
        at=at,
    )
