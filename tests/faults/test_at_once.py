"""Two of everything at once: workers, clocks, people, and the same form from two windows."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import func, select

from payouts.channels.submission import Submission
from payouts.demo.visitor import Visitor
from payouts.gates.decision import Decision
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from schemes.imports.register_import import RegisterImport
from schemes.person import DEMO_PASSWORD, Actor, Role, add_person
from tests.faults.outcome import (
    assert_audit_whole,
    assert_ended_well,
    assert_ledger,
    assert_one_file,
    assert_one_message_each,
    assert_work_done,
)
from tests.faults.people import PatientVisitor, at_once
from tests.faults.prepared import sealed

pytestmark = pytest.mark.faults
WINDOWS = 4


def test_two_workers_and_two_clocks_do_every_piece_of_work_once(installation, harbour, job, register, tmp_path):
    installation.start("worker-2", "clock-2")
    outcome = job.run(register.path, tmp_path)
    assert_ended_well(installation, harbour, job.payroll_id, register.calm, outcome.sha256)


def from_many_windows(visitor: PatientVisitor, page, form, *, codes=(), **values):
    """Send one form from several windows at the same moment, as it stands or each with a code of its own."""
    each = [{**values, "code": code} for code in codes] or [values] * WINDOWS
    windows = [visitor.twin() for _ in each]
    # not the patient way: an answer of 500 is what this looks for
    return at_once(
        *(
            lambda window=window, sent=sent: Visitor.post(window, page, form, **sent)
            for window, sent in zip(windows, each, strict=True)
        )
    )


def count_of(office, model):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_form_sent_from_many_windows_at_once_does_its_work_once(installation, harbour, office, job, register):
    preparer, finance, releaser = (job.visitor(role) for role in (Role.PREPARER, Role.FINANCE, Role.RELEASER))

    page = preparer.get("/imports/new")
    upload = page.form(having="import_id")
    content = register.path.read_bytes()
    file = {"file": ("register.csv", content, "text/csv")}
    answers = from_many_windows(preparer, page, upload, files=file, scheme=str(harbour.scheme_id))
    assert [answer.status_code for answer in answers] == [200] * WINDOWS
    assert count_of(office, RegisterImport) == 1
    assert_work_done(installation, harbour)

    page = preparer.get(answers[0].url)
    answers = from_many_windows(preparer, page, page.form(having="decision"), decision="keep")
    assert [answer.status_code for answer in answers] == [200] * WINDOWS
    assert_work_done(installation, harbour)
    page = finance.get(answers[0].url)
    confirmed = from_many_windows(finance, page, page.form(to="/confirm"))
    assert [answer.status_code for answer in confirmed if answer.status_code >= 500] == []

    page = preparer.get(f"/schemes/{harbour.scheme_id}/payrolls/new")
    answers = from_many_windows(preparer, page, page.form(having="payroll_id"))
    assert [answer.status_code for answer in answers] == [200] * WINDOWS
    assert len({answer.url for answer in answers}) == 1
    assert count_of(office, Payroll) == 1
    assert_work_done(installation, harbour)
    with office.transaction() as session:
        payroll_id = session.scalars(select(Payroll.id)).one()

    job.accept_findings(payroll_id)
    page = preparer.get(f"/payrolls/{payroll_id}")
    answers = from_many_windows(preparer, page, page.form(to="/files"))
    assert [answer.status_code for answer in answers] == [200] * WINDOWS
    assert_work_done(installation, harbour)
    assert_one_file(installation, harbour, payroll_id)

    for role in (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER):
        page = job.look_through(job.visitor(role), payroll_id)
        # three codes are right at any time: each gets past the first door
        codes = []
        for job.codes_from_now in (-1, 0, 1):
            codes.append(job.code(role))
        form = page.form(having="verdict")
        answers = from_many_windows(job.visitor(role), page, form, codes=codes, verdict="go", evidence="seen")
        assert sorted(answer.status_code for answer in answers)[0] == 200
        assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert count_of(office, Decision) == 4
    assert_ledger(installation, harbour, payroll_id, submitted=False)

    job.download(payroll_id, register.path.parent)
    page = releaser.get(f"/payrolls/{payroll_id}/submission")
    answers = from_many_windows(releaser, page, page.form(having="reference"), reference="S-1")
    assert [answer.status_code for answer in answers] == [200] * WINDOWS
    assert count_of(office, Submission) == 1
    assert_work_done(installation, harbour)
    assert_ledger(installation, harbour, payroll_id)
    assert_one_message_each(installation, harbour, payroll_id)


def test_two_releasers_at_the_same_moment_release_once(installation, harbour, office, job, register):
    payroll_id = sealed(office, register.path)
    office.decide_all(payroll_id, upto=3)
    other = second_releaser(installation, harbour)
    first = job.visitor(Role.RELEASER)
    second = PatientVisitor(job.base_url)
    second.sign_in(other[0].email, DEMO_PASSWORD, pyotp.TOTP(other[1]).now())
    codes = (job.code(Role.RELEASER), pyotp.TOTP(other[1]).now())

    def release(visitor, code):
        page = job.open_gate(visitor, payroll_id)
        form = page.form(having="verdict")
        return lambda: Visitor.post(visitor, page, form, verdict="go", evidence="", code=code)

    answers = at_once(release(first, codes[0]), release(second, codes[1]))
    assert sorted(answer.status_code for answer in answers) in ([200, 200], [200, 422])
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED
    assert_ledger(installation, harbour, payroll_id, submitted=False)
    assert_audit_whole(installation, harbour)


def second_releaser(installation, harbour):
    with installation.service.transaction(harbour.body_id) as session:
        person, secret = add_person(
            session,
            installation.service.seals.ring,
            email=f"second@{harbour.people[Role.RELEASER].email.partition('@')[2]}",
            name="Rita Releaser",
            password=DEMO_PASSWORD,
            roles=frozenset({Role.RELEASER}),
            at=installation.service.now(),
            demo=True,
        )
    return Actor(person.id, harbour.body_id, person.name, person.email, frozenset({Role.RELEASER})), secret
