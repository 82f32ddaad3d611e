"""The site killed in the middle of what a person does: its pages tell the truth afterwards; asking again is safe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import func, select, text

from payouts.channels.submission import Submission
from payouts.demo.visitor import Visitor
from payouts.gates.decision import Decision
from payouts.payroll import PayrollStatus, get_payroll
from schemes.person import Role
from tests.faults.installation import wait_until
from tests.faults.outcome import assert_audit_whole, assert_ended_well, assert_ledger
from tests.faults.prepared import downloaded, sealed

pytestmark = pytest.mark.faults


@contextmanager
def sent_and_never_answered(visitor, page, form, **values):
    """Send a form; the block kills the site, so that its sender sees no answer, or one that came just before."""
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(Visitor.post, visitor, page, form, **values)
        yield
        assert isinstance(sending.exception(30), requests.ConnectionError | None)


def status_of(office, payroll_id):
    with office.transaction() as session:
        return get_payroll(session, payroll_id).status


def count_of(office, model):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def last_gate(harbour, office, job, register):
    """A payroll that waits for its releaser, who has the gate's page open."""
    payroll_id = sealed(office, register.path)
    office.decide_all(payroll_id, upto=3)
    page = job.open_gate(job.visitor(Role.RELEASER), payroll_id)
    return payroll_id, page, page.form(having="verdict")


def test_a_site_killed_when_it_has_released_shows_the_release(installation, harbour, office, job, last_gate):
    payroll_id, page, form = last_gate
    releaser = job.visitor(Role.RELEASER)
    with sent_and_never_answered(releaser, page, form, verdict="go", code=job.code(Role.RELEASER)):
        wait_until("the release", lambda: status_of(office, payroll_id) is PayrollStatus.RELEASED)
        installation.processes.kill("serve")
    installation.start_web()
    shown = releaser.get(f"/payrolls/{payroll_id}")
    assert "Released, not yet sent" in shown.text
    assert shown.form(to="/download")
    # the form is still open in the browser, and is sent again with a new code
    job.codes_from_now = 1
    answer = Visitor.post(releaser, page, form, verdict="go", code=job.code(Role.RELEASER))
    assert answer.status_code < 500
    assert count_of(office, Decision) == 4
    assert_ledger(installation, harbour, payroll_id, submitted=False)
    assert_audit_whole(installation, harbour)


def test_a_site_killed_before_it_has_released_has_released_nothing(installation, harbour, office, job, last_gate):
    payroll_id, page, form = last_gate
    releaser = job.visitor(Role.RELEASER)
    with installation.owner.connect() as connection:
        connection.execute(text("LOCK TABLE ledger_entry IN SHARE MODE"))
        with sent_and_never_answered(releaser, page, form, verdict="go", code=job.code(Role.RELEASER)):
            wait_until("the site to be in the middle of it", lambda: installation.blocked_on("ledger_entry"))
            installation.processes.kill("serve")
    installation.start_web()
    wait_until("the database to notice", lambda: installation.waiting_for_locks() == 0)
    assert status_of(office, payroll_id) is PayrollStatus.SEALED
    assert count_of(office, Decision) == 3
    # its code is used up, as it should be
    job.codes_from_now = 1
    job.decide(payroll_id, Role.RELEASER, "")
    assert status_of(office, payroll_id) is PayrollStatus.RELEASED
    assert_ledger(installation, harbour, payroll_id, submitted=False)


def test_a_site_killed_between_a_change_and_its_work_leaves_the_work_to_the_clock(
    installation, harbour, office, job, register
):
    payroll_id = downloaded(office, register.path)
    releaser = job.visitor(Role.RELEASER)
    page = releaser.get(f"/payrolls/{payroll_id}/submission")
    form = page.form(having="reference")
    # it commits, and is then stuck where it hands the work to the queue
    with installation.valkey_frozen(), sent_and_never_answered(releaser, page, form, reference="S-1"):
        wait_until("the submission", lambda: status_of(office, payroll_id) is PayrollStatus.SUBMITTED)
        installation.processes.kill("serve")
    installation.start_web()
    answer = Visitor.post(releaser, page, form, reference="S-1")
    assert answer.status_code == 200
    assert count_of(office, Submission) == 1
    assert_ended_well(installation, harbour, payroll_id, register.calm)
