"""The site killed again and again under systems that create payments and try again: each thing is entered once."""

from __future__ import annotations

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from payouts_client import Payouts, Tries
from sqlalchemy import func, select

from schemes.api_key import Scope
from schemes.audit import AuditEvent
from schemes.bank_details import london_day
from schemes.one_off_payment import OneOff
from schemes.payee import Payee
from tests.faults.outcome import assert_audit_whole
from tests.keys import a_key

pytestmark = pytest.mark.faults

CREATES = int(os.environ.get("PAYOUTS_FAULT_CREATES", "40"))
"""How many payments are asked for; `make faults` asks for ten thousand."""
EACH = 500
"""Payments of one payee at most: they are numbered up to 999."""
SYSTEMS = 4
PATIENT = Tries(most=500, first_wait=0.05, longest_wait=0.5)


class Killer:
    """Kills the site at random moments and starts it anew, for as long as a block lasts; `times`: how often."""

    def __init__(self, installation, dice):
        self.installation, self.dice = installation, dice
        self.times = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(self.dice.uniform(0.2, 3.0)):
            self.installation.processes.kill("serve")
            self.times += 1
            self.installation.start("serve")
            self.installation.processes.wait_for(f"{self.installation.settings.base_url}/sign-in")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()


def intended(office):
    """What is to be paid: each once, by payee and number, with an amount that tells it apart."""
    today = london_day(office.service.now())
    for number in range(CREATES):
        yield {
            "scheme": "HIL",
            "beneficiary": f"P-{number // EACH}" if CREATES > EACH else f"P-{number % 3}",
            "amount_pence": 100 + number,
            "about": today,
            "pay_from": today + timedelta(days=14),
            "reason": f"grant {number}",
            "further_because": "one of many",
            "sequence": 2 + (number % EACH if CREATES > EACH else number // 3),
        }


def test_systems_that_try_again_enter_exactly_what_they_meant_however_often_the_site_dies(installation, office):
    dice = random.Random(7)
    keys = a_key(office, Scope.PAYEES), a_key(office, Scope.PAYMENTS)
    address = installation.settings.base_url
    wanted = list(intended(office))
    with (
        Payouts(address, keys[0].written, tries=PATIENT) as register,
        Payouts(address, keys[1].written, tries=PATIENT) as payouts,
        Killer(installation, dice) as killer,
        ThreadPoolExecutor(SYSTEMS) as systems,
    ):
        names = sorted({each["beneficiary"] for each in wanted})
        list(systems.map(lambda name: register.payees.create(reference=name, name="Mo Field"), names))

        def create(terms):
            first = payouts.one_off_payments.create(**terms)
            # some systems die themselves and know neither answer nor key any more
            again = payouts.one_off_payments.create(**terms) if terms["amount_pence"] % 10 == 0 else first
            return terms["amount_pence"], first.id, again.id

        answers = list(systems.map(create, wanted))
        # what was fast still meets a killed site
        while killer.times < 1:
            time.sleep(0.05)
            assert create(wanted[0])[1] == answers[0][1]
    assert all(first == again for _, first, again in answers)
    with office.transaction() as session:
        entered = {row.amount_pence: row.id for row in session.scalars(select(OneOff))}
        assert session.scalar(select(func.count()).select_from(OneOff)) == len(wanted)
        assert entered == {amount: first for amount, first, _ in answers}
        assert session.scalar(select(func.count()).select_from(Payee)) == len(names)
        told = select(func.count()).where(AuditEvent.action == "one_off.proposed")
        assert session.scalar(told) == len(wanted)
    assert_audit_whole(installation, office.harbour)
