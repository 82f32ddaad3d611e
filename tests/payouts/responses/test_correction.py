"""Corrections from the bank: each line is kept with what became of it, and none is believed by itself."""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import quoteattr

import pytest
from sqlalchemy import func, select

from payouts.payment import Payment
from payouts.responses import correction
from payouts.responses.correction import CorrectionReport, LineOutcome, counts_of, lines_of
from payouts.responses.correction_file import ReportFault, ReportRefused
from schemes import bank_details
from schemes.account import Account, CameBy, Stopped, get_account, in_use_on, open_details
from schemes.audit import AuditEvent
from schemes.bank_profile import SANDBOX_SERVICE_USER_NUMBER
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.payee import Payee
from schemes.person import Role
from schemes.seal import get_key
from schemes.typed_details import DetailsFault

NEW = ("20-29-59", "63748472")
DAY = date(2026, 11, 23)


@pytest.fixture
def start(landed):
    return landed


def report(*lines, user=SANDBOX_SERVICE_USER_NUMBER, header=""):
    """An AWACS report; lines are (reference, old, new) with sort code and number each, numbered one after another."""
    advices = "".join(
        f'<MessagingAdvice user-number="{user}" record-type="W" reference={quoteattr(reference)} reason-code="3" '
        f'effective-date="2026-11-20" aosn="{number}" payer-name="A N OTHER" payer-sort-code="{old[0]}" '
        f'payer-account-number="{old[1]}" payer-new-sort-code="{new[0]}" payer-new-account-number="{new[1]}"/>'
        for number, (reference, old, new) in enumerate(lines, start=101)
    )
    return (
        f'<BACSDocument><Data><MessagingAdvices><MessagingHeader advice-type="AWACS" user-number="{user}" '
        f'report-type="7002" report-generation-date="2026-11-21" document-number="12" {header}/>{advices}'
        "</MessagingAdvices></Data></BACSDocument>"
    ).encode()


@pytest.fixture
def take(office):
    def taking(content, *, role=Role.PREPARER):
        with office.transaction() as session:
            return correction.take(
                session,
                office.service,
                report_id=new_id(),
                file_name="awacs.xml",
                content=content,
                by=office.person(role),
                at=office.service.now(),
            ).id

    return taking


@pytest.fixture
def outcomes(office):
    def of(report_id):
        with office.transaction() as session:
            return [row.line.outcome for row in lines_of(session, report_id)]

    return of


def numbers_of(office, account):
    with office.transaction() as session:
        payee = session.scalars(select(Payee).where(Payee.id == account.payee_id)).one()
        key = office.service.seals.open_row(get_key(session, payee.body_id, payee.key_id))
        details = open_details(key, account.id, account.sealed_details)
        return (details.sort_code, details.account_number)


@pytest.fixture
def alone(office):
    """Versions whose account is one payee's only and goes by no roll number, by the payee's reference."""
    with office.transaction() as session:
        shared = select(Account.fingerprint).group_by(Account.fingerprint).having(func.count() > 1)
        found = session.scalars(
            select(Account)
            .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
            .where(Account.fingerprint.not_in(shared))
            .order_by(Payee.reference)
        ).all()
    seals, body = office.service.seals, office.harbour.body_id
    return [a for a in found if bytes(a.fingerprint) == seals.fingerprint(body, *numbers_of(office, a), "")]


def test_a_correction_is_a_proposal_that_pays_nobody_until_a_second_person_confirms_it(office, take, outcomes, alone):
    report_id = take(report(("", numbers_of(office, alone[0]), NEW)))
    assert outcomes(report_id) == [LineOutcome.PROPOSED]
    with office.transaction() as session:
        (row,) = lines_of(session, report_id)
        assert (row.proposal.came_by, row.proposal.is_waiting) == (CameBy.BANK, True)
        assert (row.proposal.holder_name, row.proposal.last_four) == (alone[0].holder_name, "8472")
        assert in_use_on(session, alone[0].payee_id, DAY).id == alone[0].id
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "correction_report.read")).one()
        assert (told.facts["lines"], told.facts["proposed"]) == (1, 1)


def test_the_same_file_twice_and_the_same_advice_in_another_file_change_nothing(office, take, outcomes, alone):
    line = ("", numbers_of(office, alone[0]), NEW)
    first = take(report(line))
    assert take(report(line)) == first
    with office.transaction() as session:
        proposal = lines_of(session, first)[0].proposal
        account = get_account(session, proposal.payee_id, proposal.id, lock=True)
        bank_details.reject(
            session, account, reason="knew nothing", by=office.person(Role.FINANCE), at=office.service.now()
        )
    assert outcomes(take(report(line, header='user-name="AGAIN"'))) == [LineOutcome.REPEATED]
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(CorrectionReport)) == 2
        assert bank_details.proposal_of(session, alone[0].payee_id) is None


def test_a_large_report_is_read_on_by_workers_chunk_by_chunk_and_then_forgotten(
    office, take, outcomes, alone, monkeypatch
):
    monkeypatch.setattr(correction, "CHUNK", 2)
    lines = [("", numbers_of(office, account), NEW) for account in alone[:4]]
    lines.insert(3, ("HSF-9", ("999999", "12345678"), NEW))
    report_id = take(report(*lines))
    with office.transaction() as session:
        kept = correction.get_report(session, report_id)
        assert (kept.lines_done, kept.line_count, kept.is_read) == (2, 5, False)
        assert numbers_of(office, alone[0])[1].encode() not in kept.sealed_content
    assert take(report(*lines)) == report_id, "the same file while it is read"
    office.work()
    assert outcomes(report_id) == [LineOutcome.PROPOSED] * 3 + [LineOutcome.NOT_FOUND, LineOutcome.PROPOSED]
    with office.transaction() as session:
        kept = correction.get_report(session, report_id)
        assert (kept.is_read, kept.sealed_content) == (True, None)
        assert get_key(session, kept.body_id, kept.key_id).wrapped is None
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "correction_report.read")).one()
        assert (told.facts["lines"], told.facts["proposed"]) == (5, 4)
        assert {row.proposal.proposed_by for row in lines_of(session, report_id) if row.proposal} == {
            office.person(Role.PREPARER).person_id
        }


def test_a_line_that_is_refused_for_whatever_reason_lets_those_after_it_be_read(
    office, take, outcomes, alone, monkeypatch
):
    propose, victim = bank_details.propose, alone[0].payee_id

    def refusing(*args, payee_id, **facts):
        if payee_id == victim:
            raise NotNow("payee", "gone", "paid")
        return propose(*args, payee_id=payee_id, **facts)

    monkeypatch.setattr(bank_details, "propose", refusing)
    lines = [("", numbers_of(office, account), NEW) for account in alone[:2]]
    assert outcomes(take(report(*lines))) == [LineOutcome.REFUSED, LineOutcome.PROPOSED]


def test_a_line_that_cannot_be_used_is_kept_with_the_reason_and_sinks_no_other(office, take, outcomes, alone):
    olds = [numbers_of(office, account) for account in alone[:3]]
    report_id = take(
        report(
            ("", olds[0], ("20-29-59", "63748473")),
            ("", olds[0], ("", "")),
            ("", ("999999", "1"), NEW),
            ("", olds[1], olds[1]),
            ("", olds[2], NEW),
            ("", olds[2], ("20-29-59", "63748477")),
        )
    )
    assert outcomes(report_id) == [
        LineOutcome.NOT_PAYABLE,
        LineOutcome.NOT_PAYABLE,
        LineOutcome.NOT_FOUND,
        LineOutcome.IN_USE_ALREADY,
        LineOutcome.PROPOSED,
        LineOutcome.CHANGE_WAITING,
    ]
    with office.transaction() as session:
        assert sum(counts_of(session, report_id).values()) == 6
        assert [row.line.fault for row in lines_of(session, report_id)][:3] == [
            DetailsFault.MODULUS,
            DetailsFault.SORT_CODE,
            None,
        ]


def test_an_account_of_several_payees_is_told_apart_by_the_payment_s_reference(office, take, outcomes):
    with office.transaction() as session:
        by_payees = select(Account.fingerprint).group_by(Account.fingerprint)
        joint = session.scalars(by_payees.having(func.count(Account.payee_id.distinct()) > 1)).first()
        couple = session.scalars(select(Account).where(Account.fingerprint == joint)).all()
    old = numbers_of(office, couple[0])
    assert outcomes(take(report(("", old, NEW)))) == [LineOutcome.SEVERAL_PAYEES]
    office.create()
    office.work()
    with office.transaction() as session:
        paid = select(Payment.reference).where(Payment.payee_id == couple[0].payee_id)
        reference = session.scalars(paid).first()
    report_id = take(report((reference, old, NEW)))
    with office.transaction() as session:
        (row,) = lines_of(session, report_id)
        assert (row.line.outcome, row.payee.id) == (LineOutcome.PROPOSED, couple[0].payee_id)


def test_a_payee_with_a_roll_number_is_found_by_reference_and_account_together(office, take, outcomes, alone):
    office.create()
    office.work()
    seals, body = office.service.seals, office.harbour.body_id
    with office.transaction() as session:
        rows = session.execute(
            select(Account, Payment.reference).join(Payment, Payment.account_id == Account.id).order_by(Payment.ordinal)
        ).all()
    with_roll = next(
        (account, reference, numbers)
        for account, reference in rows
        if bytes(account.fingerprint) != seals.fingerprint(body, *(numbers := numbers_of(office, account)), "")
    )
    _, reference, numbers = with_roll
    other = numbers_of(office, alone[0])
    wrong = report((reference, ("20-29-59", "63748477"), NEW))
    assert outcomes(take(wrong)) == [LineOutcome.NOT_FOUND], "a reference alone says nothing"
    assert outcomes(take(report((reference, numbers, other)))) == [LineOutcome.PROPOSED]


def test_a_correction_of_an_account_that_was_left_since_changes_nothing(office, take, outcomes, alone, clock):
    old = numbers_of(office, alone[0])
    office.change_bank_details(alone[0].payee_id)
    clock.advance(days=3)
    assert outcomes(take(report(("", old, ("20-29-59", "63748477"))))) == [LineOutcome.REPLACED_SINCE]


def test_a_closed_account_may_still_be_corrected(office, take, outcomes, alone):
    with office.transaction() as session:
        account = get_account(session, alone[0].payee_id, alone[0].id, lock=True)
        bank_details.stop(session, account, Stopped.CLOSED, by=office.person(Role.FINANCE), at=office.service.now())
    assert outcomes(take(report(("", numbers_of(office, alone[0]), NEW)))) == [LineOutcome.PROPOSED]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (report(user="912345"), ReportFault.ANOTHER_SERVICE_USER),
        (report(user=""), ReportFault.ANOTHER_SERVICE_USER),
        (b"not XML at all", ReportFault.UNREADABLE),
        (b"<html><body>Sign in</body></html>", ReportFault.ANOTHER_REPORT),
        (report()[:-20], ReportFault.UNREADABLE),
        (
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><BACSDocument>&b;</BACSDocument>',
            ReportFault.UNREADABLE,
        ),
        (report().replace(b"AWACS", b"ADDACS"), ReportFault.ANOTHER_REPORT),
    ],
)
def test_a_file_that_is_no_report_for_this_body_is_refused_and_leaves_nothing(office, take, content, fault):
    with pytest.raises(ReportRefused) as refused:
        take(content)
    assert refused.value.fault is fault
    with office.transaction() as session:
        assert session.scalars(select(CorrectionReport)).all() == []


def test_a_gap_in_the_numbers_of_the_advices_is_told(office, take, alone):
    old = numbers_of(office, alone[0])
    gap = report(("", old, NEW), ("", old, NEW)).replace(b'aosn="102"', b'aosn="104"')
    with office.transaction() as session:
        report_id = take(gap)
        assert correction.get_report(session, report_id).gaps == 1


def test_only_a_preparer_sends_a_report(take):
    with pytest.raises(NotAllowed):
        take(report(), role=Role.FINANCE)
