"""The office with the simulator of Confirmation of Payee within reach, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from sqlalchemy import select

from payouts.app import make_service
from payouts.confirmation import asking
from payouts.confirmation.confirmation import Confirmation
from payouts.sandbox.confirmation_of_payee import ConfirmationServer
from schemes import bank_details, change_applied, name_policy
from schemes.account import CameBy
from schemes.change import get_change
from schemes.database import new_id
from schemes.imports.register_import import RegisterImport
from schemes.name_policy import NamePolicy
from schemes.payee import Payee
from schemes.person import Role
from tests.office import Office

TOKEN = "the simulator's token"
ACCOUNT = ("20-29-59", "63748472")


@dataclass(frozen=True)
class Bank:
    """The simulator, as a tester holds it."""

    url: str

    def faults(self, **counts):
        requests.post(f"{self.url}/_sandbox/faults", json=counts, timeout=5).raise_for_status()

    def holds(self, sort_code, account_number, name, **rest):
        account = {"sort_code": sort_code, "account_number": account_number, "name": name, **rest}
        requests.post(f"{self.url}/_sandbox/accounts", json=account, timeout=5).raise_for_status()

    def count(self):
        return requests.get(f"{self.url}/_sandbox/count", timeout=5).json()


@pytest.fixture
def bank() -> Iterator[Bank]:
    server = ConfirmationServer("127.0.0.1", 0, token=TOKEN)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield Bank(server.url)
    server.stop()
    thread.join()


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def service(make_settings, bank, clock):
    made = make_service(
        make_settings(
            sandbox_confirmation_url=bank.url,
            sandbox_confirmation_token=TOKEN,
            confirmation_timeout=0.5,
            confirmations_per_second=10_000.0,
        ),
        now=clock,
        pool_size=8,
    )
    yield made
    made.engine.dispose()


class Asking(Office):
    """The office's people, asking about names."""

    def payee_id(self, position=0):
        with self.transaction() as session:
            return session.scalars(select(Payee.id).order_by(Payee.reference).offset(position).limit(1)).one()

    def import_id(self):
        with self.transaction() as session:
            return session.scalars(select(RegisterImport.id)).one()

    def propose(self, name, payee_id=None):
        """New bank details in a name of the test's choosing; returns the payee and the version."""
        payee_id = payee_id or self.payee_id()
        account_id = new_id()
        with self.transaction() as session:
            bank_details.propose(
                session,
                self.service.seals,
                account_id=account_id,
                payee_id=payee_id,
                holder_name=name,
                sort_code=ACCOUNT[0],
                account_number=ACCOUNT[1],
                roll_number="",
                came_by=CameBy.LETTER,
                by=self.person(Role.PREPARER),
                at=self.service.now(),
            )
        return payee_id, account_id

    def ask(self, payee_id, account_id, *, by=Role.PREPARER):
        return asking.ask_one(self.service, payee_id, account_id, by=self.person(by))

    def begin(self, import_id=None, *, by=Role.FINANCE):
        with self.transaction() as session:
            return asking.ask_all(self.service, session, import_id, by=self.person(by)).id

    def answers(self):
        with self.transaction() as session:
            return session.scalars(select(Confirmation).order_by(Confirmation.id)).all()


@pytest.fixture
def office(service, harbour) -> Asking:
    return Asking(service, harbour)


@pytest.fixture
def set_policy(office):
    """Propose a policy as the administrator and have the approver confirm it."""

    def setting(**changes):
        change_id, at = new_id(), office.service.now()
        wanted = NamePolicy(**changes)
        with office.transaction() as session:
            by = office.person(Role.ADMINISTRATOR)
            name_policy.propose(session, wanted, change_id=change_id, reason="fraud near us", by=by, at=at)
        with office.transaction() as session:
            waiting = get_change(session, change_id, lock=True)
            change_applied.confirm(session, waiting, by=office.person(Role.APPROVER), at=at)
        return wanted

    return setting
